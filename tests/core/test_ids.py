"""Programme codes and tokens."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from versants.core.ids import ALPHABET, clean_code, new_code, new_token, token_hash


def test_codes_are_valid_and_differ():
    codes = {new_code() for _ in range(2000)}
    assert len(codes) == 2000
    assert all(clean_code(code) == code and len(code) == 9 and code[4] == "-" for code in codes)


@given(st.randoms(use_true_random=False), st.integers(0, 7), st.sampled_from(ALPHABET))
def test_one_mistyped_character_is_noticed(random, place, letter):
    bare = new_code(random.choice).replace("-", "")
    wrong = bare[:place] + letter + bare[place + 1 :]
    assert clean_code(wrong) == (f"{bare[:4]}-{bare[4:]}" if wrong == bare else None)


@given(st.randoms(use_true_random=False), st.integers(1, 6))
def test_two_swapped_neighbours_are_noticed(random, place):
    bare = new_code(random.choice).replace("-", "")
    wrong = bare[:place] + bare[place + 1] + bare[place] + bare[place + 2 :]
    assert (clean_code(wrong) is not None) == (wrong == bare)


@given(st.randoms(use_true_random=False))
def test_case_spaces_and_dashes_do_not_matter(random):
    code = new_code(random.choice)
    assert clean_code(f"  {code.lower().replace('-', ' ')} ") == code


@given(st.text(max_size=20))
def test_anything_else_is_refused_quietly(text):
    cleaned = clean_code(text)
    assert cleaned is None or clean_code(cleaned) == cleaned


def test_tokens_have_128_bits_and_only_their_hash_is_comparable():
    token = new_token()
    assert len(token) == 22
    assert token_hash(token) != token_hash(new_token())
    assert token not in token_hash(token)
