"""What is worked out of parameters is worked out again when one that was read for it changes, and only then."""

import pytest

from shopnb.derived import Given, Kept, derived


class Sums:
    """Values made of parameters and of each other; `made` tells which were worked out, in order."""

    def __init__(self, **given):
        self.given = Given(given)
        self.kept = Kept()
        self.made = []

    def move(self, **changed):
        self.given = Given({**self.given, **changed})
        self.made.clear()

    @derived
    def one(self):
        self.made.append("one")
        return self.given["a"] + 1

    @derived
    def two(self):
        self.made.append("two")
        return self.one * (self.given["b"] if self.given["uses_b"] else 10)

    @derived
    def fails(self):
        self.made.append("fails")
        return self.one / self.given["b"]

    @derived
    def careful(self):
        try:
            return self.fails
        except ZeroDivisionError:
            return 0.0


@pytest.fixture
def sums():
    one = Sums(a=1, b=2, uses_b=True)
    assert (one.one, one.two) == (2, 4)
    one.made.clear()
    return one


def test_nothing_is_worked_out_twice(sums):
    assert (sums.one, sums.two, sums.made) == (2, 4, [])


def test_a_value_follows_what_it_read_and_what_that_was_made_of(sums):
    sums.move(b=5)
    assert (sums.two, sums.made) == (10, ["two"])
    sums.move(a=2)
    assert (sums.two, sums.made) == (15, ["two", "one"])


def test_a_value_found_ready_is_read_by_whoever_uses_it(sums):
    sums.move(b=3)  # `one` is ready while `two` is made anew
    assert sums.two == 6
    sums.move(a=0)
    assert sums.two == 3


def test_a_parameter_that_was_not_read_does_not_count(sums):
    sums.move(uses_b=False)
    assert sums.two == 20
    sums.move(b=99)
    assert (sums.two, sums.made) == (20, [])


def test_the_way_back_is_not_worked_out(sums):
    sums.move(b=5)
    assert sums.two == 10
    sums.move(b=2)
    assert (sums.two, sums.made) == (4, [])


def test_only_the_last_few_are_kept(sums):
    for b in range(3, 8):
        sums.move(b=b)
        assert sums.two == 2 * b
    sums.move(b=2)
    assert (sums.two, sums.made) == (4, ["two"])


def test_a_failure_is_not_kept_and_what_it_read_counts_for_whoever_went_on(sums):
    sums.move(b=0)
    assert (sums.careful, sums.made) == (0.0, ["fails"])
    sums.move(b=4)
    assert sums.careful == 0.5


def test_after_clearing_everything_is_worked_out(sums):
    sums.kept.clear()
    assert (sums.two, sums.made) == (4, ["two", "one"])


def test_all_parameters_at_once_are_all_read():
    class Written(Sums):
        @derived
        def text(self):
            self.made.append("text")
            return ", ".join(f"{name}={value}" for name, value in self.given.items())

    page = Written(a=1, b=2)
    assert page.text == "a=1, b=2"
    page.move(b=3)
    assert page.text == "a=1, b=3"
