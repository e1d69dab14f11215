import numpy as np
import pytest

from bot.ingestion.discriminant import Discriminant

RANDOM = np.random.default_rng(7)
QUESTIONS = 400
NEW = 40


@pytest.fixture
def trained() -> Discriminant:
    """Two sections that differ along the first axis, while the questions of both differ widely along the second."""
    middles = np.array([[1.0, 0.0], [-1.0, 4.0]])
    class_of = np.arange(QUESTIONS) % 2
    vectors = middles[class_of] + RANDOM.normal(0.0, [0.1, 10.0], (QUESTIONS, 2))
    return Discriminant.of(vectors.astype(np.float32), class_of, 2)


def test_the_probabilities_add_up_to_one(trained):
    assert np.exp(trained.log_posteriors(np.array([0.3, -2.0], np.float32))).sum() == pytest.approx(1.0)


def test_what_the_questions_of_one_section_do_not_share_counts_little(trained):
    question = np.array([0.9, 4.0], np.float32)
    assert np.linalg.norm(question - [1, 0]) > np.linalg.norm(question - [-1, 4])

    assert trained.log_posteriors(question).argmax() == 0


def test_the_classes_keep_their_numbers_in_any_order_of_the_rows(trained):
    middles = np.array([[1.0, 0.0], [0.0, 1.0], [-1.0, 0.0]], np.float32)
    class_of = np.array([2, 0, 1, 0, 2, 1, 1])
    noise = RANDOM.normal(0.0, 0.01, (len(class_of), 2)).astype(np.float32)

    learned = Discriminant.of(middles[class_of] + noise, class_of, 3)

    assert [int(learned.log_posteriors(middle).argmax()) for middle in middles] == [0, 1, 2]


def test_a_section_that_is_gone_is_forgotten_and_the_others_keep_their_proportions():
    middles = np.array([[1.0, 0.0], [0.0, 1.0], [-1.0, 0.0]], np.float32)
    class_of = np.array([2, 0, 1, 0, 2, 1, 1])
    learned = Discriminant.of(middles[class_of], class_of, 3)

    left = learned.renamed([2, 0])

    for question in middles:
        before, after = np.exp(learned.log_posteriors(question)), np.exp(left.log_posteriors(question))
        assert after.sum() == pytest.approx(1.0)
        assert after[1] / after[0] == pytest.approx(before[0] / before[2], rel=1e-4)


def three_with_one_new() -> tuple[np.ndarray, np.ndarray]:
    """Rows of two classes, and forty of a third that is new."""
    middles = np.array([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]], np.float32)
    class_of = np.concatenate([np.arange(3000) % 2, np.full(NEW, 2)])
    noise = np.random.default_rng(3).normal(0.0, 0.2, (len(class_of), 3))
    return (middles[class_of] + noise).astype(np.float32), class_of


def test_what_is_new_is_learned_and_all_others_stay_as_they_are():
    vectors, class_of = three_with_one_new()
    before = Discriminant.of(vectors[:-NEW], class_of[:-NEW], 2).renamed([0, 1, -1])

    after = before.updated(vectors, class_of, class_of == 2)

    assert after.weights[:2] == pytest.approx(before.weights[:2], rel=1e-5)
    assert after.constants[:2] == pytest.approx(before.constants[:2], rel=1e-5)
    assert after.log_posteriors(np.array([0, 0, 1], np.float32)).argmax() == 2


def test_what_is_new_is_known_as_surely_as_if_all_had_been_learned_at_once():
    vectors, class_of = three_with_one_new()
    before = Discriminant.of(vectors[:-NEW], class_of[:-NEW], 2).renamed([0, 1, -1])
    question = np.array([0, 0, 1], np.float32)

    step_by_step = before.updated(vectors, class_of, class_of == 2).log_posteriors(question)[2]

    assert step_by_step > Discriminant.of(vectors, class_of, 3).log_posteriors(question)[2] - 0.05


def test_where_nothing_is_new_nothing_is_learned(trained):
    vectors = np.zeros((2, 2), np.float32)
    assert trained.updated(vectors, np.array([0, 1]), np.array([False, False])) is trained
