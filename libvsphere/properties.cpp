#include "libvsphere/properties.hpp"

#include "libvsphere/property_filter.hpp"

#include <algorithm>

namespace pf::vim {

namespace {

const Value kUnset;
constexpr size_t kMaxPages = 1'000'000; ///< a server that never ends its answer is broken

/// Paging, with the token given back on every early exit.
class Pages {
  public:
    Pages(Session& session, std::string token) : session_(session), token_(std::move(token)) {}
    ~Pages() {
        if (!token_.empty())
            (void)session_.call(session_.content().property_collector, "CancelRetrievePropertiesEx",
                                {{"token", Value(token_)}}, detail::cleanup_call());
    }
    bool more() const { return !token_.empty(); }
    Result<Value> next() {
        std::string token = std::exchange(token_, {});
        PF_TRY(Value page,
               session_.call(session_.content().property_collector, "ContinueRetrievePropertiesEx",
                             {{"token", Value(token)}}));
        token_ = page["token"].text_or();
        return page;
    }

  private:
    Session& session_;
    std::string token_;
};

bool take_objects(Value& page, std::vector<ObjectProps>& out) {
    bool expired = false;
    DataObject* result = page.as_object();
    if (!result)
        return false;
    for (Field& field : result->fields) {
        if (field.name != "objects" || !field.value.as_array())
            continue;
        for (Value& item : field.value.as_array()->items) {
            DataObject* content = item.as_object();
            if (!content)
                continue;
            ObjectProps props;
            props.object = (*content)["obj"].ref();
            for (Field& part : content->fields) {
                Value::Array* list = part.value.as_array();
                if (!list)
                    continue;
                if (part.name == "propSet") {
                    for (Value& property : list->items) {
                        DataObject* pair = property.as_object();
                        if (!pair)
                            continue;
                        std::string name = (*pair)["name"].text_or();
                        for (Field& f : pair->fields) {
                            if (f.name == "val")
                                props.props[name] = std::move(f.value);
                        }
                    }
                } else if (part.name == "missingSet") {
                    for (const Value& missing : list->items) {
                        std::string fault = missing["fault"]["fault"].type_name();
                        expired = expired || fault == "NotAuthenticated";
                        props.missing.push_back(
                            {props.object, missing["path"].text_or(), std::move(fault),
                             missing["fault"]["fault"]["privilegeId"].text_or()});
                    }
                }
            }
            out.push_back(std::move(props));
        }
    }
    return expired;
}

Result<std::vector<ObjectProps>> retrieve_once(Session& session, const DataObject& filter,
                                               bool& expired, const CallOptions& options) {
    std::vector<ObjectProps> out;
    PF_TRY(Value page,
           session.call(session.content().property_collector, "RetrievePropertiesEx",
                        {{"specSet", Value::array("PropertyFilterSpec", {Value(filter)})},
                         {"options", detail::retrieve_options(session)}},
                        options));
    expired = take_objects(page, out);
    Pages pages(session, page["token"].text_or());
    for (size_t n = 0; pages.more(); ++n) {
        if (n == kMaxPages)
            return fail(Errc::Protocol, "{}: the property collector never ends its answer",
                        session.endpoint());
        PF_TRY(Value next, pages.next());
        expired = take_objects(next, out) || expired;
    }
    return out;
}

Result<std::vector<ObjectProps>> retrieve_filter(Session& session, const DataObject& filter,
                                                 const CallOptions& options = {}) {
    bool expired = false;
    PF_TRY(std::vector<ObjectProps> out, retrieve_once(session, filter, expired, options));
    if (!expired)
        return out;
    // The collector answers anonymous callers too, with every property missing.
    PF_CHECK(session.renew());
    return retrieve_once(session, filter, expired, options);
}

} // namespace

namespace detail {

DataObject property_spec(const PropertySpec& spec) {
    DataObject out("PropertySpec");
    out.set("type", Value(spec.type));
    if (spec.paths.empty())
        out.set("all", Value(true));
    else
        out.set("pathSet", Value::strings(spec.paths));
    return out;
}

DataObject view_filter(const MoRef& view, const std::vector<PropertySpec>& specs) {
    std::vector<Value> prop_set;
    for (const PropertySpec& spec : specs)
        prop_set.emplace_back(property_spec(spec));
    DataObject traversal("TraversalSpec");
    traversal.set("name", Value("view"));
    traversal.set("type", Value("ContainerView"));
    traversal.set("path", Value("view"));
    traversal.set("skip", Value(false));
    DataObject object("ObjectSpec");
    object.set("obj", Value(view));
    object.set("skip", Value(true));
    object.set("selectSet", Value::array("SelectionSpec", {Value(traversal)}));
    DataObject filter("PropertyFilterSpec");
    filter.set("propSet", Value::array("PropertySpec", std::move(prop_set)));
    filter.set("objectSet", Value::array("ObjectSpec", {Value(object)}));
    return filter;
}

DataObject object_filter(const MoRef& object, const std::vector<std::string>& paths) {
    DataObject content("ObjectSpec", {{"obj", Value(object)}, {"skip", Value(false)}});
    DataObject filter("PropertyFilterSpec");
    filter.set("propSet",
               Value::array("PropertySpec", {Value(property_spec({object.type, paths}))}));
    filter.set("objectSet", Value::array("ObjectSpec", {Value(content)}));
    filter.set("reportMissingObjectsInResults", Value(true));
    return filter;
}

CallOptions cleanup_call() {
    CallOptions options;
    options.timeout = std::chrono::seconds(5);
    options.despite_stop = true;
    return options;
}

Value retrieve_options(const Session& session) {
    DataObject options("RetrieveOptions");
    if (session.options().page_size > 0)
        options.set("maxObjects", Value(int32_t(session.options().page_size)));
    return Value(std::move(options));
}

Result<ContainerView> ContainerView::create(Session& session, const MoRef& root,
                                            const std::vector<std::string>& types) {
    const ServiceContent& content = session.content();
    PF_TRY(Value view,
           session.call(content.view_manager, "CreateContainerView",
                        {{"container", Value(root.empty() ? content.root_folder : root)},
                         {"type", Value::strings(types)},
                         {"recursive", Value(true)}}));
    PF_TRY(MoRef ref, view.require_ref("the container view"));
    return ContainerView(session, std::move(ref));
}

ContainerView::~ContainerView() {
    if (!view_.empty())
        (void)session_->call(view_, "DestroyView", {}, cleanup_call());
}

} // namespace detail

const Value& ObjectProps::operator[](std::string_view path) const {
    auto found = props.find(path);
    return found == props.end() ? kUnset : found->second;
}

std::string MissingProperty::why() const {
    return fmt::format("{} {}: {}{}", object.str(), path, fault.empty() ? "not given" : fault,
                       privilege.empty() ? "" : ", needs " + privilege);
}

Error to_error(const MissingProperty& missing) {
    Fault fault;
    fault.detail.type = missing.fault;
    fault.message = missing.privilege.empty()
                        ? "the server does not give this property"
                        : fmt::format("the server does not give this property without the "
                                      "privilege {}",
                                      missing.privilege);
    return to_error(fault, fmt::format("{} {}", missing.object.str(), missing.path));
}

Result<void> require_complete(const std::vector<MissingProperty>& missing) {
    if (missing.empty())
        return {};
    return fail(to_error(missing.front()));
}

Result<std::vector<ObjectProps>> retrieve(Session& session, const std::vector<MoRef>& objects,
                                          const PropertySpec& spec, const CallOptions& options) {
    if (objects.empty())
        return std::vector<ObjectProps>{};
    auto build = [&](const std::vector<MoRef>& refs) {
        DataObject filter("PropertyFilterSpec");
        filter.set("propSet", Value::array("PropertySpec", {Value(detail::property_spec(spec))}));
        std::vector<Value> object_set;
        for (const MoRef& ref : refs) {
            DataObject object("ObjectSpec");
            object.set("obj", Value(ref));
            object_set.emplace_back(object);
        }
        filter.set("objectSet", Value::array("ObjectSpec", std::move(object_set)));
        filter.set("reportMissingObjectsInResults", Value(true));
        return filter;
    };
    Result<std::vector<ObjectProps>> all = retrieve_filter(session, build(objects), options);
    if (all || !is_fault(all.error(), "ManagedObjectNotFound") || objects.size() == 1)
        return all;
    // A server that does not skip vanished objects fails the whole read: read them one by one.
    std::vector<ObjectProps> out;
    for (const MoRef& ref : objects) {
        Result<std::vector<ObjectProps>> one = retrieve_filter(session, build({ref}), options);
        if (one) {
            std::move(one->begin(), one->end(), std::back_inserter(out));
        } else if (!is_fault(one.error(), "ManagedObjectNotFound")) {
            return one;
        }
    }
    return out;
}

Result<ObjectProps> retrieve_one(Session& session, const MoRef& object,
                                 const std::vector<std::string>& paths,
                                 const CallOptions& options) {
    PF_TRY(std::vector<ObjectProps> found,
           retrieve(session, {object}, {object.type, paths}, options));
    if (found.empty())
        return fail(Errc::NotFound, "{} is no longer in the inventory of {}", object.str(),
                    session.endpoint());
    PF_CHECK(require_complete(found.front().missing));
    return std::move(found.front());
}

Result<Value> retrieve_property(Session& session, const MoRef& object, const std::string& path) {
    PF_TRY(ObjectProps props, retrieve_one(session, object, {path}));
    return props[path];
}

Result<std::vector<ObjectProps>> retrieve_below(Session& session, const MoRef& root,
                                                const std::vector<PropertySpec>& specs) {
    std::vector<std::string> types;
    for (const PropertySpec& spec : specs)
        types.push_back(spec.type);
    PF_TRY(detail::ContainerView view, detail::ContainerView::create(session, root, types));
    return retrieve_filter(session, detail::view_filter(view.ref(), specs));
}

} // namespace pf::vim
