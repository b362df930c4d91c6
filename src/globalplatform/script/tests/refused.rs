use super::*;

#[test]
#[allow(clippy::too_many_lines, reason = "one table")]
fn words_that_are_no_commands_are_told_with_their_line() {
    let word = |text: &str| text.into();
    use ScriptProblem as P;
    assert_eq!(
        problem("mode_211\n\nenable_trce"),
        (
            3,
            P::UnknownCommand {
                word: word("enable_trce")
            }
        )
    );
    assert_eq!(
        problem("store_data -data 00"),
        (
            1,
            P::UnsupportedCommand {
                command: "store_data"
            }
        )
    );
    assert_eq!(
        problem("# x\n  -AID a000000001"),
        (2, P::OptionWithoutCommand { word: word("-AID") })
    );
    assert_eq!(
        problem("select \\\n -aid a000000001"),
        (
            2,
            P::UnknownOption {
                command: "select",
                word: word("-aid")
            }
        )
    );
    assert_eq!(
        problem("enable_trace -AID a000000001"),
        (
            1,
            P::UnknownOption {
                command: "enable_trace",
                word: word("-AID")
            }
        )
    );
    assert_eq!(
        problem("load file.cap"),
        (
            1,
            P::UnexpectedWord {
                command: "load",
                word: word("file.cap")
            }
        )
    );
    assert_eq!(
        problem("mode_211\nload"),
        (
            2,
            P::MissingOption {
                command: "load",
                option: "-file"
            }
        )
    );
    for text in [
        "load -file",
        "load -file -file",
        "load -file \"\"",
        "load -file \\\n",
    ] {
        assert_eq!(
            problem(text),
            (1, P::MissingValue { option: "-file" }),
            "{text}"
        );
    }
    assert_eq!(
        problem("load -file a\n-file b"),
        (2, P::RepeatedOption { option: "-file" })
    );
    assert_eq!(problem("load -file \"a b"), (1, P::UnclosedQuote));
    assert_eq!(
        problem("get_data -identifier ${TAG}"),
        (
            1,
            P::Variable {
                word: word("${TAG}")
            }
        )
    );
    assert_eq!(problem("load -file a\0b"), (1, P::ControlCharacter));
}

#[test]
fn numbers_have_their_bounds() {
    let out_of_range = |text: &str, option: &'static str, word: &str| {
        let word = word.into();
        assert_eq!(
            problem(text).1,
            ScriptProblem::OutOfRange { option, word },
            "{text}"
        );
    };
    out_of_range("open_sc -keyver 256", "-keyver", "256");
    out_of_range("open_sc -security 2", "-security", "2");
    out_of_range("open_sc -scp 4", "-scp", "4");
    out_of_range("open_sc -scpimpl 0x100", "-scpimpl", "0x100");
    out_of_range("open_sc -keyDerivation visa1", "-keyDerivation", "visa1");
    out_of_range("card_connect -readerNumber 256", "-readerNumber", "256");
    out_of_range("get_status -element 100", "-element", "100");
    out_of_range("get_data -identifier 10000", "-identifier", "10000");
    out_of_range("install -file a -priv 0102", "-priv", "0102");
    out_of_range("install -file a -priv 1000000", "-priv", "1000000");
    let large = "99999999999999999999";
    let text = format!("install -file a -nvDataLimit {large}");
    // So many digits may be a key that stands in the wrong place.
    out_of_range(&text, "-nvDataLimit", "…");
    out_of_range(
        "install -file a -nvDataLimit 4294967296",
        "-nvDataLimit",
        "4294967296",
    );
    out_of_range("send_apdu -APDU 00A404 -sc 0", "-APDU", "…");
    out_of_range(
        &format!("install -file a -instParam {}", "00".repeat(256)),
        "-instParam",
        "…",
    );
}

#[test]
fn values_have_their_form() {
    let not_decimal = |text: &str, option: &'static str, word: &str| {
        let word = word.into();
        assert_eq!(
            problem(text).1,
            ScriptProblem::NotDecimal { option, word },
            "{text}"
        );
    };
    not_decimal("open_sc -keyver 0x01", "-keyver", "0x01");
    not_decimal("open_sc -security 0x11", "-security", "0x11");
    not_decimal("open_sc -keyind +1", "-keyind", "+1");
    let not_hexadecimal = |text: &str, option: &'static str, word: &str| {
        let word = word.into();
        assert_eq!(
            problem(text).1,
            ScriptProblem::NotHexadecimal { option, word },
            "{text}"
        );
    };
    not_hexadecimal("select -AID a00000000", "-AID", "a00000000");
    not_hexadecimal("select -AID a0:00:00:00:01", "-AID", "a0:00:00:00:01");
    not_hexadecimal("get_status -element 8g", "-element", "8g");
    not_hexadecimal("get_status -element 0x", "-element", "0x");
    for (text, len) in [("a0000000", 4), (&"00".repeat(17), 17)] {
        assert_eq!(
            problem(&format!("select -AID {text}")).1,
            ScriptProblem::AidLength {
                option: "-AID",
                len
            }
        );
    }
    for len in [0, 8, 15, 17, 33] {
        let expected = match len {
            0 => ScriptProblem::MissingValue { option: "-key" },
            len => ScriptProblem::KeyLength {
                option: "-key",
                len,
            },
        };
        assert_eq!(
            problem(&format!("open_sc -key {}", "40".repeat(len))).1,
            expected
        );
    }
    for len in [16, 24, 32] {
        commands(&format!("open_sc -key {}", "40".repeat(len)));
    }
}

#[test]
fn a_script_has_an_end() {
    assert_eq!(
        problem(&" ".repeat(Script::MAX_LEN + 1)).1,
        ScriptProblem::TooLarge
    );
    let text = "mode_201\n".repeat(words::MAX_COMMANDS);
    assert_eq!(commands(&text).len(), words::MAX_COMMANDS);
    assert_eq!(
        problem(&format!("{text}mode_201")),
        (words::MAX_COMMANDS + 1, ScriptProblem::TooLarge)
    );
}

#[test]
fn keys_are_in_no_dump_and_in_no_error() {
    let key = "505152535455565758595A5B5C5D5E5F";
    let script = Script::parse(&format!("open_sc -mac_key {key}")).unwrap();
    let dump = format!("{script:?}");
    assert!(!dump.contains("5051") && !dump.contains("80, 81"), "{dump}");
    for text in [
        key.to_owned(),
        format!("open_sc {key}"),
        format!("open_sc -mac_key {key}50"),
        format!("open_sc -mac_key {key}x"),
        format!("open_sc -mac_key 50:{key}"),
        format!("open_sc -mac_key={key}"),
        format!("open_sc -keyver {key}"),
        format!("send_apdu -APDU 00200080{key}g"),
        format!("select -AID {key}50"),
    ] {
        let error = Script::parse(&text).unwrap_err();
        let told = format!("{error} {error:?}");
        assert!(!told.contains("5051"), "{told}");
    }
}

#[test]
fn names_have_an_end() {
    let long = |len| "n".repeat(len);
    for (text, option) in [
        (format!("card_connect -reader {}", long(257)), "-reader"),
        (format!("load -file {}", long(4097)), "-file"),
    ] {
        let (_, problem) = problem(&text);
        assert!(
            matches!(problem, ScriptProblem::OutOfRange { option: told, .. } if told == option),
            "{problem:?}"
        );
    }
    commands(&format!("card_connect -reader {}", long(256)));
}
