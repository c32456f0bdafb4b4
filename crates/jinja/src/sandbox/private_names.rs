//! Which attributes that start with an underscore each Python type has.
//!
//! The sandbox answers differently for an attribute it hides and for one that does not exist.

/// Attributes of every object, separated by spaces.
const COMMON: &str = "\
    __class__ \
    __delattr__ \
    __dir__ \
    __doc__ \
    __eq__ \
    __format__ \
    __ge__ \
    __getattribute__ \
    __getstate__ \
    __gt__ \
    __hash__ \
    __init__ \
    __init_subclass__ \
    __le__ \
    __lt__ \
    __ne__ \
    __new__ \
    __reduce__ \
    __reduce_ex__ \
    __repr__ \
    __setattr__ \
    __sizeof__ \
    __str__ \
    __subclasshook__";

/// Further attributes by the name of the type.
const BY_TYPE: [(&str, &str); 27] = [
    (
        "str",
        "__add__ __contains__ __getitem__ __getnewargs__ __iter__ __len__ __mod__ __mul__ __rmod__ __rmul__",
    ),
    (
        "Markup",
        "__add__ __contains__ __getitem__ __getnewargs__ __html__ __html_format__ __iter__ __len__ __mod__ __module__ __mul__ __radd__ __rmod__ __rmul__ __slots__",
    ),
    (
        "list",
        "__add__ __class_getitem__ __contains__ __delitem__ __getitem__ __iadd__ __imul__ __iter__ __len__ __mul__ __reversed__ __rmul__ __setitem__",
    ),
    (
        "dict",
        "__class_getitem__ __contains__ __delitem__ __getitem__ __ior__ __iter__ __len__ __or__ __reversed__ __ror__ __setitem__",
    ),
    (
        "tuple",
        "__add__ __class_getitem__ __contains__ __getitem__ __getnewargs__ __iter__ __len__ __mul__ __rmul__",
    ),
    (
        "int",
        "__abs__ __add__ __and__ __bool__ __ceil__ __divmod__ __float__ __floor__ __floordiv__ __getnewargs__ __index__ __int__ __invert__ __lshift__ __mod__ __mul__ __neg__ __or__ __pos__ __pow__ __radd__ __rand__ __rdivmod__ __rfloordiv__ __rlshift__ __rmod__ __rmul__ __ror__ __round__ __rpow__ __rrshift__ __rshift__ __rsub__ __rtruediv__ __rxor__ __sub__ __truediv__ __trunc__ __xor__",
    ),
    (
        "float",
        "__abs__ __add__ __bool__ __ceil__ __divmod__ __float__ __floor__ __floordiv__ __getformat__ __getnewargs__ __int__ __mod__ __mul__ __neg__ __pos__ __pow__ __radd__ __rdivmod__ __rfloordiv__ __rmod__ __rmul__ __round__ __rpow__ __rsub__ __rtruediv__ __sub__ __truediv__ __trunc__",
    ),
    ("NoneType", "__bool__"),
    (
        "Undefined",
        "__add__ __aiter__ __bool__ __call__ __complex__ __div__ __float__ __floordiv__ __getattr__ __getitem__ __int__ __iter__ __len__ __mod__ __module__ __mul__ __neg__ __pos__ __pow__ __radd__ __rdiv__ __rfloordiv__ __rmod__ __rmul__ __rpow__ __rsub__ __rtruediv__ __slots__ __sub__ __truediv__ _fail_with_undefined_error _undefined_exception _undefined_hint _undefined_message _undefined_name _undefined_obj",
    ),
    ("range", "__bool__ __contains__ __getitem__ __iter__ __len__ __reversed__"),
    (
        "dict_keys",
        "__and__ __contains__ __iter__ __len__ __or__ __rand__ __reversed__ __ror__ __rsub__ __rxor__ __sub__ __xor__",
    ),
    ("dict_values", "__iter__ __len__ __reversed__"),
    (
        "dict_items",
        "__and__ __contains__ __iter__ __len__ __or__ __rand__ __reversed__ __ror__ __rsub__ __rxor__ __sub__ __xor__",
    ),
    (
        "set",
        "__and__ __class_getitem__ __contains__ __iand__ __ior__ __isub__ __iter__ __ixor__ __len__ __or__ __rand__ __ror__ __rsub__ __rxor__ __sub__ __xor__",
    ),
    (
        "complex",
        "__abs__ __add__ __bool__ __complex__ __getnewargs__ __mul__ __neg__ __pos__ __pow__ __radd__ __rmul__ __rpow__ __rsub__ __rtruediv__ __sub__ __truediv__",
    ),
    (
        "bytes",
        "__add__ __bytes__ __contains__ __getitem__ __getnewargs__ __iter__ __len__ __mod__ __mul__ __rmod__ __rmul__",
    ),
    ("generator", "__del__ __iter__ __name__ __next__ __qualname__"),
    ("list_reverseiterator", "__iter__ __length_hint__ __next__ __setstate__"),
    (
        "LoopContext",
        "__annotations__ __call__ __dict__ __iter__ __len__ __module__ __next__ __weakref__ _after _before _current _iterable _iterator _last_changed_value _length _peek_next _recurse _to_iterator _undefined",
    ),
    (
        "Macro",
        "__call__ __dict__ __module__ __weakref__ _argument_count _async_invoke _default_autoescape _environment _func _invoke",
    ),
    (
        "TemplateReference",
        "_TemplateReference__context __dict__ __getitem__ __module__ __weakref__",
    ),
    (
        "BlockReference",
        "__call__ __dict__ __module__ __weakref__ _async_call _context _depth _stack",
    ),
    ("Cycler", "__dict__ __module__ __next__ __weakref__"),
    ("Joiner", "__call__ __dict__ __module__ __weakref__"),
    (
        "type",
        "__base__ __bases__ __class_getitem__ __contains__ __delitem__ __dict__ __getitem__ __ior__ __iter__ __len__ __module__ __mro__ __name__ __or__ __qualname__ __reversed__ __ror__ __setitem__ __subclasses__",
    ),
    (
        "function",
        "__annotations__ __builtins__ __call__ __closure__ __code__ __defaults__ __dict__ __get__ __globals__ __kwdefaults__ __module__ __name__ __qualname__",
    ),
    (
        "builtin_function_or_method",
        "__call__ __module__ __name__ __qualname__ __self__ __text_signature__",
    ),
];

/// Whether objects of a type have a private attribute `name`.
pub(super) fn has_private(type_name: &str, name: &str) -> bool {
    let type_name = match type_name {
        "bool" => "int",
        name if name.ends_with("iterator") => "list_reverseiterator",
        name => name,
    };
    let own = BY_TYPE.iter().find(|(known, _)| *known == type_name).map_or("", |(_, names)| names);
    COMMON.split(' ').chain(own.split(' ')).any(|known| known == name)
}
