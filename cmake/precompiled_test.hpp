// What most tests include.
#pragma once

#include "precompiled.hpp"

#include <gtest/gtest.h>
