from genplay.errors import BadInput, Failure, GenplayError, suggest, unknown_name


def test_exit_codes_tell_bad_input_from_failed_work():
    assert (BadInput("x").exit_code, Failure("x").exit_code) == (2, 1)
    assert issubclass(BadInput, GenplayError)


def test_a_near_name_is_suggested_and_a_far_one_is_not():
    assert suggest("two-moon", ["two-moons", "rings"]) == " Did you mean 'two-moons'?"
    assert suggest("zzz", ["two-moons", "rings"]) == ""


def test_an_unknown_name_is_one_line_with_all_that_is_allowed():
    text = str(unknown_name("data set", "ringz", ["two-moons", "rings"]))
    assert text == "There is no data set 'ringz'. Did you mean 'rings'? Allowed: rings, two-moons."
    assert str(unknown_name("model", "x", [])).endswith("Allowed: none.")
