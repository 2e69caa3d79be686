import pytest

from pachlite import errors
from pachlite.cli.exit_codes import EXIT_CODES, exit_code


def _subclasses(cls):
    for each in cls.__subclasses__():
        yield each
        yield from _subclasses(each)


def test_every_family_has_a_code_of_its_own():
    families = [each for each in errors.PachliteError.__subclasses__() if each in EXIT_CODES]

    assert families == errors.PachliteError.__subclasses__()
    assert len(set(EXIT_CODES.values())) == len(EXIT_CODES)


@pytest.mark.parametrize("cls", list(_subclasses(errors.PachliteError)))
def test_every_error_has_the_code_of_its_family(cls):
    family = next(each for each in cls.__mro__ if errors.PachliteError in each.__bases__)

    assert exit_code(cls.__new__(cls)) == EXIT_CODES[family]
