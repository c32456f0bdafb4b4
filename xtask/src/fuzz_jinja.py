"""Renders random templates with Python's Jinja2 and records what comes out.

Writes a file in the format that the example `cases` of the crate jobbergate-jinja reads.
"""

import argparse
import json
import random
import resource
import signal
import time

from jinja2.exceptions import SecurityError, TemplateSyntaxError, UndefinedError
from jinja2.sandbox import SandboxedEnvironment

CONTEXT = {
    "i": 7, "n": -3, "big": 12345678901234567890, "f": 2.5, "g": -0.1, "t": True, "no": None,
    "s": "Hello World", "u": "Zażółć 日本", "m": "l1\nl2\n\nl3\n", "h": "<a href='x'>&\"</a>",
    "e": "", "l": [3, 1, 2], "w": ["b", "A", "c", "a"], "el": [], "d": {"k": 1, "j": "x y"},
    "us": [{"name": "bob", "age": 30}, {"name": "Al", "age": 25}, {"name": "cy", "age": 30}],
    "deep": {"a": {"b": [1, {"c": "d"}]}},
}
STRINGS = [
    "", "a", "abc", "a b c", "x,y,,z", "42", "-1.5", "0x1f", " pad ", "%s", "%d%%", "%05.1f|%-5s|",
    "%(k)s", "{}", "{0:>5}|{1!r}", "{k}", "{:.2f}", "ÄÖß", "日本", "it's", 'say "hi"', "<b>&",
    "a\\nb", "tab\\t", "the quick brown-fox jumps--over http://ex.com/a?b.", "me@ex.org", "upper",
    "name", "age", "odd", "1e3", "AbC dEf", "a-b_c", "é\\x00",
]
NUMBERS = ["0", "1", "2", "3", "5", "7", "10", "255", "1000", "1.0", "0.5", "2.5", "1e16", "1e-5",
           "3.14159", "123456.789", "12345678901234567890", "0x1F", "1_000"]
FILTERS = {
    "abs": 0, "attr": 1, "batch": 2, "capitalize": 0, "center": 1, "count": 0, "d": 2,
    "default": 2, "dictsort": 3, "e": 0, "escape": 0, "filesizeformat": 1, "first": 0, "float": 1,
    "forceescape": 0, "format": 2, "groupby": 2, "indent": 3, "int": 2, "items": 0, "join": 2,
    "last": 0, "length": 0, "list": 0, "lower": 0, "map": 2, "max": 2, "min": 2, "pprint": 0,
    "reject": 2, "rejectattr": 3, "replace": 3, "reverse": 0, "round": 2, "safe": 0, "select": 2,
    "selectattr": 3, "slice": 2, "sort": 3, "string": 0, "striptags": 0, "sum": 2, "title": 0,
    "tojson": 1, "trim": 1, "truncate": 4, "unique": 2, "upper": 0, "urlencode": 0, "urlize": 2,
    "wordcount": 0, "wordwrap": 3, "xmlattr": 1,
}
TESTS = {
    "boolean": 0, "callable": 0, "defined": 0, "divisibleby": 1, "eq": 1, "escaped": 0, "even": 0,
    "false": 0, "filter": 0, "float": 0, "ge": 1, "gt": 1, "in": 1, "integer": 0, "iterable": 0,
    "le": 1, "lower": 0, "lt": 1, "mapping": 0, "ne": 1, "none": 0, "number": 0, "odd": 0,
    "sequence": 0, "string": 0, "test": 0, "true": 0, "undefined": 0, "upper": 0,
}
METHODS = (
    "capitalize casefold center count encode endswith expandtabs find format index isalnum isalpha "
    "isascii isdecimal isdigit isidentifier islower isnumeric isprintable isspace istitle isupper "
    "join ljust lower lstrip partition removeprefix removesuffix replace rfind rindex rjust "
    "rpartition rsplit rstrip split splitlines startswith strip swapcase title translate upper "
    "zfill append clear copy extend insert pop remove reverse sort get items keys popitem "
    "setdefault update values bit_length conjugate as_integer_ratio hex is_integer fromkeys "
    "__class__ __len__ nope real"
).split()
OPERATORS = "+ - * / // % ** ~ == != < <= > >= in and or".split() + ["not in"]
# Looks at what is passed in, in every way there is, and changes of it.
LOOKS = """
l|length d|count s|length nope|length d d.k d["k"] d.new d["new"] l l[0] l[-1] l[9] us[0].name
us[1]["age"] us deep deep.a.b[1].c deep.a.x deep.a.x.y "k"in(d) s(in)w "A"in(w) 3(in)l
nope(is)defined d.k(is)defined d.zz(is)none no(is)none l(is)iterable d(is)mapping i(is)integer
m1(l) m1(d) m1(us[0]) m1(nope) m1() m2(l,5) m2(i) m2(b=l) "%s|%d"%(s,i) "%s"%l "%05d"%us[0].age
l|join("-") w|join d.j|replace("x","_") d.j.split("x")|last nope|default("n") d.zz|default(3)
us[0].name|upper w|first w|sort l|max us|map(attribute="name")|join w|unique|list loop(is)defined
""".replace("(in)", " in ").replace("in(", " in (").replace("(is)", " is ").split()
CHANGES = """
_=l.append(9) _=l.pop() _=l.pop(0) _=l.clear() _=l.sort() _=d.update(new=1) _=d.update({"k":5})
_=d.clear() _=us[0].update(name="zed") _=us.append({"name":"n","age":1}) _=deep.a.b.append(7)
_=deep.a.update(x={"y":1}) _=deep.a.b[1].update(c="C") l=l l=[1] d={"k":"K"} i=3 s="x" q=l
_=w.insert(0,s) _=w.reverse() q=deep.a
""".split()
WALKS = [
    "for x in l", "for x in w", "for x in us", "for k in d", "for k, v in d.items()", "if i",
    "for v in d.values()", "for p in d.items()", "for x in us if x.age > 26", "for x in l recursive",
    "with l = d.k", "filter upper", "set t", "autoescape true", "call m1(l)", "macro m1(a)",
]
MACROS = "{% macro m1(a) %}[{{ a }}{{ a|length if a is iterable }}]{% endmacro %}" \
    "{% macro m2(a, b=2) %}({{ a }}{{ b }}){% endmacro %}"
TOKENS = (
    "{{ }} {% %} {# #} {%- -%} {{- -}} if else elif endif for in endfor set endset macro endmacro "
    "call endcall filter endfilter raw endraw block endblock with endwith is not and or ( ) [ ] { } "
    "| . , : ~ + - ** // == = ' \" 1 2.5 x loop caller namespace upper join none true \n \\"
).split(" ")


class Generator:
    """Grows templates from a grammar."""

    def __init__(self, rng):
        self.rng = rng

    def pick(self, options):
        return self.rng.choice(options)

    def string(self):
        text = self.pick(STRINGS)
        return '"%s"' % text.replace('"', '\\"')

    def atom(self):
        kind = self.rng.random()
        if kind < 0.35:
            return self.pick(list(CONTEXT))
        if kind < 0.6:
            return self.string()
        if kind < 0.8:
            return self.pick(NUMBERS)
        return self.pick(["none", "true", "false", "undef", "x", "loop", "loop.index", "[]", "{}",
                          "()", "range(4)", "dict(a=1)", "us[0]", "d.k", "l[1]", "s[1:4]", "ns.v"])

    def arguments(self, most, depth):
        count = self.rng.randint(0, most)
        return ", ".join(self.expression(depth - 1) for _ in range(count))

    def call_arguments(self, name, depth):
        if name in ("map", "select", "reject"):
            options = ['"upper"', '"odd"', '"int"', '"gt", 1', 'attribute="name"', '"string"',
                       '"default", 1', '"defined"', ""]
            return self.pick(options)
        if name in ("selectattr", "rejectattr"):
            return self.pick(['"age"', '"age", "gt", 26', '"name", "eq", "bob"', '"nope"',
                              '"nope", "defined"', ""])
        if name in ("groupby", "sort", "unique", "max", "min", "sum", "join"):
            return self.pick(['"age"', 'attribute="age"', 'attribute="name"', '', '", "', 'true',
                              'attribute="age,name"', 'attribute=0'])
        return self.arguments(FILTERS.get(name, 2), depth)

    def expression(self, depth=3):
        if depth <= 0 or self.rng.random() < 0.15:
            return self.atom()
        kind = self.rng.random()
        if kind < 0.2:
            return "%s %s %s" % (self.expression(depth - 1), self.pick(OPERATORS),
                                 self.expression(depth - 1))
        if kind < 0.5:
            name = self.pick(list(FILTERS))
            args = self.call_arguments(name, depth)
            return "%s|%s%s" % (self.expression(depth - 1), name, "(%s)" % args if args else "")
        if kind < 0.62:
            return "%s.%s(%s)" % (self.pick(["s", "u", "m", "l", "d", "i", "f", "w", self.string()]),
                                  self.pick(METHODS), self.arguments(2, depth))
        if kind < 0.68:
            name = self.pick(list(TESTS))
            args = "(%s)" % self.expression(depth - 1) if TESTS[name] else ""
            return "%s is %s%s%s" % (self.expression(depth - 1), self.pick(["", "not "]), name, args)
        if kind < 0.74:
            return self.pick(["[%s]", "(%s,)", "{'k': %s}", "(%s)", "-%s", "not %s"]) % (
                self.expression(depth - 1))
        if kind < 0.8:
            return "%s[%s]" % (self.expression(depth - 1), self.pick(
                ["0", "-1", "1:", "::-1", ":2", "'k'", "i", "1:3", "::2", self.expression(0)]))
        if kind < 0.86:
            return "%s if %s else %s" % tuple(self.expression(depth - 1) for _ in range(3))
        if kind < 0.93:
            return "%s %% %s" % (self.string(), self.pick(
                ["(%s, %s)" % (self.expression(0), self.expression(0)), self.expression(0)]))
        return "%s.format(%s)" % (self.string(), self.arguments(3, depth))

    def text(self, depth=2):
        """An expression that is probably a string."""
        if depth <= 0:
            return self.pick(["s", "u", "m", "h", "e", "d.j", "us[0].name", self.string()])
        inner = self.text(depth - 1)
        number = self.pick(["0", "1", "2", "3", "5", "8", "12", "30"])
        other = self.text(0)
        form = self.pick([
            "{0}|upper", "{0}|lower", "{0}|title", "{0}|capitalize", "{0}|trim", "{0}|trim({2})",
            "{0}|center({1})", "{0}|indent({1})", "{0}|indent({1}, true, true)", "{0}|e",
            "{0}|replace({2}, {2})", "{0}|replace('a', {2}, 1)", "{0}|truncate({1}, true, '')",
            "{0}|truncate({1}, false, '.', 0)", "{0}|wordwrap({1} + 1)", "{0}|urlize",
            "{0}|wordwrap({1} + 1, false, '|')", "{0}|striptags", "{0}|urlencode", "{0}|reverse",
            "{0}|pprint", "{0}|tojson", "{0}|safe", "{0}|string", "{0}|forceescape", "{0}|first",
            "{0}.title()", "{0}.swapcase()", "{0}.center({1}, '*')", "{0}.ljust({1})",
            "{0}.rjust({1}, '.')", "{0}.zfill({1})", "{0}.expandtabs({1})", "{0}.strip({2})",
            "{0}.split({2} or none)", "{0}.split(none, 1)", "{0}.rsplit(' ', 1)", "{0}.partition('a')",
            "{0}.splitlines(true)", "{0}.casefold()", "{0}.encode()", "{0}.replace('l', {2})",
            "{0}.find({2})", "{0}.count({2})", "{0}.rfind('l', {1})", "{0}[{1}:]", "{0}[::-1]",
            "{0}[-{1}:]", "{0}[:{1}:2]", "{0} ~ {2}", "{0} + {2}", "{0} * 2", "[{0}, {2}]",
            "'%-{1}s|%.{1}s' % ({0}, {2})", "'%r %a' % ({0}, {2})", "'{{:>{1}}}|{{:.{1}}}'.format({0}, {2})",
            "'{{0!r}}{{1}}{{0:^{1}}}'.format({0}, {2})", "{0}.isupper()", "{0} is lower", "{0}|wordcount",
            "{0}|length", "{0}|list", "{0} in {2}", "{0} < {2}", "{0} == {2}", "{0}|batch(3)|list",
            "{0}|unique|join({2})", "{0}|sort", "{0}|join({2})", "{0}.join(w)", "{2}.join({0})",
            "{0}|int({1})", "{0}|float", "{0}|default({2}, true)", "{0}|slice(3)|list",
            "{0}.translate({{97: 'x', 98: none}})", "{0}|map('upper')|join", "{0}|select|list",
        ])
        return form.format(inner, number, other)

    def number(self, depth=2):
        """An expression that is probably a number."""
        if depth <= 0:
            return self.pick(["i", "n", "f", "g", "big", "t", self.pick(NUMBERS)])
        inner, other = self.number(depth - 1), self.number(0)
        form = self.pick([
            "{0} + {1}", "{0} - {1}", "{0} * {1}", "({0}) / {1}", "({0}) // {1}", "({0}) % {1}",
            "({0}) ** 2", "-({0})", "({0})|abs", "({0})|round", "({0})|round(1)", "({0})|round(-1)",
            "({0})|round(2, 'floor')", "({0})|round(1, 'ceil')", "({0})|int", "({0})|float",
            "({0})|filesizeformat", "({0})|filesizeformat(true)", "'%d' % ({0})", "'%5.2f' % ({0})",
            "'%g|%e' % ({0}, {1})", "'%+08.3f' % ({0})", "'%x' % (({0})|int)", "({0})|string",
            "'{{:,}}'.format({0})", "'{{:>12.3f}}'.format({0})", "'{{:g}}'.format({0})",
            "'{{:.3}}'.format(({0})|float)", "'{{:.2%}}'.format({0})", "'{{:e}}'.format({0})",
            "'{{:#x}}'.format(({0})|int)", "'{{:_}}'.format({0})", "({0}) is odd", "({0}) < {1}",
            "({0}) == {1}", "({0}) >= {1}", "[{0}, {1}]|sum", "[{0}, {1}]|max", "[{0}, {1}]|min",
            "[{0}, {1}]|sort", "({0}) is divisibleby 3", "({0}, {1})", "{0} if {1} else f",
            "{0} and {1}", "{0} or {1}", "not {0}", "(({0})|float).hex()", "(({0})|int).bit_length()",
            "(({0})|float).as_integer_ratio()", "({0})|tojson", "{{{0}: {1}}}", "{0} in [{1}]",
        ])
        return form.format(inner, other)

    def items(self, depth=2):
        """An expression that is probably a list."""
        if depth <= 0:
            return self.pick(["l", "w", "el", "us", "range(5)", "d", "(1, 'a')", "d.items()", "[undef]"])
        inner = self.items(depth - 1)
        form = self.pick([
            "{0}|list", "{0}|reverse|list", "{0}|sort", "{0}|sort(true)", "{0}|unique|list",
            "{0}|join(',')", "{0}|first", "{0}|last", "{0}|length", "{0}|max", "{0}|min", "{0}|sum",
            "{0}|batch(2)|list", "{0}|batch(2, 'z')|list", "{0}|slice(2)|list", "{0}|slice(3, 0)|list",
            "{0}|map('string')|list", "{0}|map('upper')|join(' ')", "{0}|select('odd')|list",
            "{0}|reject('string')|list", "{0}|select('in', [1, 'a'])|list", "{0}[1:]", "{0}[::-1]",
            "{0}[0]", "{0} + [9]", "{0} * 2", "{0}.copy()", "{0}.pop()", "{0}.index('a')", "{0}|tojson",
            "{0}|tojson(2)", "{0}|pprint", "{0}|string", "us|map(attribute='name')|list", "{0}|dictsort",
            "us|groupby('age')", "us|selectattr('age', 'gt', 26)|list", "us|sort(attribute='age,name')",
            "us|rejectattr('name', 'eq', 'bob')|map(attribute='age')|sum", "us|max(attribute='age')",
            "us|unique(attribute='age')|list|length", "us|sum('age')", "{0}|xmlattr", "{0}|urlencode",
            "'%s' % {0}", "'{{}}'.format({0})", "1 in {0}", "{0} == {0}", "{0} is sequence", "{0}|items|list",
            "deep.a.b[1].c", "deep['a'].b|length", "us|groupby('age', default=0)|map('first')|list",
        ])
        return form.format(inner)

    def output(self):
        kind = self.pick(["free", "text", "text", "number", "items"])
        expression = {"free": self.expression, "text": self.text, "number": self.number,
                      "items": self.items}[kind](self.rng.randint(1, 3))
        return "{{%s %s %s}}" % (self.pick(["", "", "-"]), expression, self.pick(["", "", "-"]))

    def body(self, depth):
        parts = [self.statement(depth - 1) for _ in range(self.rng.randint(1, 3))]
        return self.pick(["", " ", "\n", "text "]).join(parts)

    def tag(self, text):
        return "{%%%s %s %s%%}" % (self.pick(["", "", "", "-", "+"]), text,
                                   self.pick(["", "", "", "-", "+"]))

    def statement(self, depth=2):
        kind = self.rng.random()
        if depth <= 0 or kind < 0.4:
            return self.output()
        if kind < 0.5:
            return self.tag("if " + self.expression(2)) + self.body(depth) + self.pick(
                ["", self.tag("else") + self.body(depth),
                 self.tag("elif " + self.expression(1)) + self.body(depth)]) + self.tag("endif")
        if kind < 0.62:
            head = "for %s in %s%s%s" % (
                self.pick(["x", "x", "a, b"]), self.pick(["l", "w", "us", "d.items()", "range(3)",
                                                          self.expression(2)]),
                self.pick(["", "", " if x", " if loop"]), self.pick(["", "", "", " recursive"]))
            inner = self.pick(["", "{{ loop.index }}{{ loop.last }}", "{{ loop.previtem }}",
                               "{{ loop.cycle(1, 2) }}", "{{ loop.length }}"])
            return self.tag(head) + inner + self.body(depth) + self.pick(
                ["", self.tag("else") + "none"]) + self.tag("endfor")
        if kind < 0.74:
            name = self.pick(["x", "y", "i", "s", "a, b", "ns.v"])
            return self.tag("set %s = %s" % (name, self.expression(2)))
        if kind < 0.78:
            return self.tag("set x" + self.pick(["", "|upper", "|trim|length"])) + self.body(
                depth) + self.tag("endset")
        if kind < 0.84:
            return self.tag("macro m(%s)" % self.pick(["", "x", "x, y=1", "x=2, y=x"])) + self.pick(
                ["", "{{ varargs }}", "{{ kwargs }}", "{{ caller() }}"]) + self.body(
                    depth) + self.tag("endmacro") + "{{ m(%s) }}" % self.arguments(2, 1)
        if kind < 0.87:
            return self.tag("call m(%s)" % self.arguments(1, 1)) + self.body(depth) + self.tag(
                "endcall")
        if kind < 0.9:
            return self.tag("with x = %s, y = x" % self.expression(1)) + self.body(
                depth) + self.tag("endwith")
        if kind < 0.93:
            return self.tag("filter " + self.pick(["upper", "indent(2)", "trim", "title", "e"])) + (
                self.body(depth)) + self.tag("endfilter")
        if kind < 0.96:
            return self.tag("autoescape " + self.pick(["true", "false", "t"])) + self.body(
                depth) + self.tag("endautoescape")
        if kind < 0.98:
            name = self.pick("pqr")
            return self.tag("block %s%s" % (name, self.pick(["", " scoped"]))) + self.body(
                depth) + self.tag("endblock") + self.pick(["", "{{ self.%s() }}" % name])
        return self.pick(["{# note #}", "{% raw %}{{ x }}{% endraw %}", "{%- raw -%} {% {%- endraw %}",
                          "{% set ns = namespace(v=1) %}", "\n", "  \n "])

    def walk(self, depth):
        """Looks at what was passed in, and changes it meanwhile."""
        kind = self.rng.random()
        if kind < 0.55 or depth <= 0 and kind < 0.75:
            return "{{ %s }}" % self.pick(LOOKS + ["loop.previtem", "loop.nextitem", "x", "k", "v"])
        if kind < 0.8 or depth <= 0:
            return "{%% set %s %%}" % self.pick(CHANGES)
        head = self.pick(WALKS)
        inner = self.pick(["", "{{ loop.index }}{{ loop.last }}"]) if head[:3] == "for" else ""
        body = "".join(self.walk(depth - 1) for _ in range(self.rng.randint(1, 4)))
        return "{%% %s %%}%s%s{%% end%s %%}" % (head, inner, body, head.split()[0])

    def template(self):
        kind = self.rng.random()
        if kind < 0.3:
            return MACROS + "".join(self.walk(2) for _ in range(self.rng.randint(1, 5)))
        if kind < 0.7:
            return self.output()
        head = self.pick(["", "{% set ns = namespace(v=0) %}"])
        return head + self.body(3) + self.pick(["", "\n", "\r\n"])

    def mutation(self, template):
        for _ in range(self.rng.randint(1, 2)):
            place = self.rng.randint(0, len(template))
            length = self.rng.choice([0, 1, 1, 2, 5])
            token = self.pick(TOKENS + [""])
            template = template[:place] + token + template[place + length:]
        return template


class TooSlow(BaseException):
    pass


def give_up(*_):
    raise TooSlow


def classify(error):
    if isinstance(error, TemplateSyntaxError):
        return "syntax"
    if isinstance(error, SecurityError):
        return "security"
    return "undefined" if isinstance(error, UndefinedError) else "other"


def record(template):
    """One case, or None where the outcome is not comparable."""
    context = json.loads(json.dumps(CONTEXT))
    case = {"template": template, "context": CONTEXT, "parse_ok": True}
    try:
        SandboxedEnvironment().parse(template)
    except TemplateSyntaxError:
        case["parse_ok"] = False
    signal.setitimer(signal.ITIMER_REAL, 1)
    try:
        text = SandboxedEnvironment().from_string(template).render(**context)
        text.encode()
    except (TooSlow, RecursionError, MemoryError, UnicodeEncodeError):
        return None
    except Exception as error:
        case.update(error_class=classify(error), message="%s: %s" % (type(error).__name__, error))
    else:
        case["expected"] = text
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
    # Addresses differ from run to run, and names of types in them from version to version.
    return None if " at 0x" in case.get("expected", "").lower() else case


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--count", type=int, required=True)
    parser.add_argument("--seconds", type=float, required=True)
    parser.add_argument("--corpus", nargs="*", default=[])
    parser.add_argument("--out", required=True)
    options = parser.parse_args()
    resource.setrlimit(resource.RLIMIT_AS, (4 << 30, 4 << 30))
    signal.signal(signal.SIGALRM, give_up)
    corpus = []
    for path in options.corpus:
        with open(path, encoding="utf-8") as file:
            corpus += [case["template"] for case in json.load(file)]
    generator = Generator(random.Random(options.seed))
    deadline = time.monotonic() + options.seconds
    cases = []
    for _ in range(options.count):
        if time.monotonic() > deadline:
            break
        if corpus and generator.rng.random() < 0.3:
            template = generator.mutation(generator.pick(corpus))
        else:
            template = generator.template()
            if generator.rng.random() < 0.1:
                template = generator.mutation(template)
        case = record(template)
        if case:
            cases.append(case)
    with open(options.out, "w", encoding="utf-8") as file:
        json.dump(cases, file)


main()
