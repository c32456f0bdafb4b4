use crate::{accepts, refusal};

#[test]
fn an_application_that_uses_current_syntax_is_accepted() {
    let source = "try:\n    pass\nexcept ValueError, TypeError:\n    raise;\n\n\
                  type Nodes[T] = list[T]\n\
                  print(f'{f\"{t'{x!r:>{width}}'}\"}')\n";
    assert!(accepts("job.py", source));
}

#[test]
fn what_only_running_would_refuse_is_accepted() {
    for source in
        ["return 1", "break", "await x", "def f(a, a): pass", "nonlocal x", "from a import *"]
    {
        assert!(accepts("job.py", source), "{source}");
    }
}

#[test]
fn features_from_the_future_must_exist() {
    assert!(accepts("job.py", "'''Doc.'''\nfrom __future__ import annotations, division\n"));
    let message = refusal("job.py", "from __future__ import annotations, braces\n");
    assert_eq!(message, "job.py, line 1: future feature braces is not defined");
    assert!(accepts("job.py", "x = 1\nfrom __future__ import braces\n"));
    assert!(accepts("job.py", "from .__future__ import braces\n"));
}

#[test]
fn nothing_but_an_operand_follows_yield() {
    for valid in ["yield", "yield -x", "yield *x,", "yield not x", "yield (x)", "(yield)", "yield;"]
    {
        assert!(accepts("job.py", valid), "{valid}");
    }
    for invalid in ["yield == x", "yield, x", "(yield for x in y)", "yield and x", "yield / x"] {
        assert!(!accepts("job.py", invalid), "{invalid}");
    }
}

#[test]
fn the_byte_order_mark_and_the_encoding_cookie_decide_how_bytes_are_read() {
    let accepted: [&[u8]; 12] = [
        b"\xef\xbb\xbfx = 1\n",
        b"\xef\xbb\xbf# coding: utf-8\n",
        b"# -*- coding: latin-1 -*-\nx = '\xe9'\n",
        b"#!/usr/bin/python\n# vim: fileencoding=iso-8859-15 :\nx = '\xa4'\n",
        b"# coding: Latin_1-unix\n\xe9 = 1\n",
        b"\r\n# coding=cp1252\r\nx = '\x80'\r\n",
        b"# coding: gbk\nx = '\xc4\xe3'\n",
        b"# coding: cp437\nx = '\x81'\n",
        b"# coding: us-ascii\nx = 1\n",
        b"x = 1\n# coding: nope\n",
        b"\n\n# coding: nope\n",
        b"# Coding: nope\n",
    ];
    for source in accepted {
        assert!(accepts("job.py", source), "{}", source.escape_ascii());
    }
    let refused: [&[u8]; 11] = [
        b"x = '\xe9'\n",
        b"# coding: nope\n",
        b"\n # coding: nope\n",
        b"# coding: rot13\n",
        b"# coding: utf-16\n",
        b"# coding: ascii\nx = '\xc3\xa9'\n",
        b"# coding: utf-8\nx = '\xe9'\n",
        b"# coding: cp1252\nx = '\x81'\n",
        b"# coding: gbk\nx = '\x81'\n",
        b"\xef\xbb\xbf# coding: latin-1\n",
        b"\xef\xbb\xbf\xef\xbb\xbfx = 1\n",
    ];
    for source in refused {
        assert!(!accepts("job.py", source), "{}", source.escape_ascii());
    }
    assert_eq!(refusal("job.py", b"\n# coding: nope\n"), "job.py, line 2: unknown encoding: nope");
    let not_utf8 = "job.py, line 2: the file is not UTF-8 and declares no other encoding";
    assert_eq!(refusal("job.py", b"x = 1\ny = '\xe9'\n"), not_utf8);
}

#[test]
fn what_is_not_utf8_is_accepted_in_comments_only() {
    let accepted: [&[u8]; 9] = [
        b"# \xff\nx=1\n",
        b"x = 1 # \xe9\xe9 \xff",
        b"# coding: utf-8\n# \xff\nx = (1, # \xff\n2)\n",
        b"# coding: utf_8\n#\xff",
        b"\xef\xbb\xbf# \xff\nx=1\n",
        b"x = 1\\\n# \xff\n",
        b"#\xff\n#\xff\n'''\n# a'''\n#\xff\n",
        b"f'''{x # \xff\n}'''\n",
        b"if x: # \xff\n  # \xff\n\n  y\n",
    ];
    for source in accepted {
        assert!(accepts("job.py", source), "{}", source.escape_ascii());
    }
    let refused: [&[u8]; 8] = [
        b"'''\n# \xff'''\n",
        b"# \xff\nx = '\xff'\n",
        b"\xff=1\n",
        b"x = f'\xff'\n",
        b"# coding: utf8\n# \xff\n",
        b"x # \xc3\n\xa9",
        b"# \xff\ndef (",
        b"x = \xff # \xff",
    ];
    for source in refused {
        assert!(!accepts("job.py", source), "{}", source.escape_ascii());
    }
    let message = refusal("job.py", b"# \xff\n\nx = '\xff'\n");
    assert_eq!(message, "job.py, line 3: the file is not UTF-8 and declares no other encoding");
}

/// The last depth that is accepted and the first that is not, as CPython 3.14 has them.
#[test]
fn nesting_is_limited_where_cpython_limits_it() {
    let brackets = |n: usize| format!("{}{}", "(".repeat(n), ")".repeat(n));
    let blocks = |n: usize| {
        let lines = (0..n).map(|depth| format!("{}if x:\n", " ".repeat(depth)));
        format!("{}{}pass\n", lines.collect::<String>(), " ".repeat(n))
    };
    let fstrings = |n: usize| format!("{}1{}", "f'{".repeat(n), "}'".repeat(n));
    let fields = |n: usize| format!("f'{}{}'", "{1:".repeat(n), "}".repeat(n));
    let integer = |n: usize| "1".repeat(n);
    let limits: [(&dyn Fn(usize) -> String, usize); 5] =
        [(&brackets, 200), (&blocks, 99), (&fstrings, 149), (&fields, 3), (&integer, 4300)];
    for (source, most) in limits {
        assert!(accepts("job.py", source(most)), "{most}");
        assert!(!accepts("job.py", source(most + 1)), "{most} + 1");
    }
    let message = refusal("job.py", brackets(201));
    assert_eq!(message, "job.py: too many nested parentheses");
}
