"""The noise is enough, and not more than it must be: checked by formulas that share nothing with the calibration."""

import math

import numpy as np
import pytest
from scipy import integrate, stats

from training.privacy.gaussian import delta_of, noise_for
from training.privacy.noise import from_system, seeded

CASES = [(epsilon, delta) for epsilon in (0.1, 0.5, 1.0, 2.0, 4.0, 8.0) for delta in (1e-3, 1e-5, 1e-7)]


def delta_by_integral(noise: float, epsilon: float) -> float:
    """The definition itself: by how much one outcome's probability may exceed e^ε times the other's, worked out by quadrature."""
    with_, without = stats.norm(1, noise), stats.norm(0, noise)
    begins = 0.5 + epsilon * noise**2  # where the density with the learner is e^ε times the one without
    more = lambda x: with_.pdf(x) - math.exp(epsilon) * without.pdf(x)  # noqa: E731
    found, _ = integrate.quad(more, begins, begins + 12 * noise, epsabs=1e-16, epsrel=1e-10, limit=200)
    return found


@pytest.mark.parametrize(("epsilon", "delta"), CASES)
def test_the_noise_gives_what_was_asked_by_the_definition_itself(epsilon, delta):
    noise = noise_for(epsilon, delta)
    assert delta_by_integral(noise, epsilon) == pytest.approx(delta, rel=1e-5)
    assert delta_of(noise, epsilon) <= delta


@pytest.mark.parametrize(("epsilon", "delta"), CASES)
def test_a_little_less_noise_would_not_do(epsilon, delta):
    assert delta_by_integral(0.999 * noise_for(epsilon, delta), epsilon) > delta


@pytest.mark.parametrize(("epsilon", "delta"), CASES)
def test_it_lies_within_what_zero_concentrated_privacy_promises(epsilon, delta):
    """ρ = 1/2s² gives ε ≤ ρ + 2√(ρ ln 1/δ) (Bun & Steinke 2016, proposition 1.3): looser, so it must ask for more noise."""
    rho = 0.5 / noise_for(epsilon, delta) ** 2
    assert rho + 2 * math.sqrt(rho * math.log(1 / delta)) >= epsilon


@pytest.mark.parametrize(("epsilon", "delta"), [case for case in CASES if case[0] < 1])
def test_it_asks_for_less_noise_than_the_textbook(epsilon, delta):
    assert noise_for(epsilon, delta) < math.sqrt(2 * math.log(1.25 / delta)) / epsilon


@pytest.mark.parametrize(
    ("epsilon", "delta"), [(0.0, 1e-5), (-1.0, 1e-5), (math.nan, 1e-5), (math.inf, 1e-5), (1.0, 0.0), (1.0, 1.0)]
)
def test_what_cannot_be_promised_is_refused(epsilon, delta):
    with pytest.raises(ValueError, match="is not"):
        noise_for(epsilon, delta)


@pytest.mark.parametrize("draw", [from_system, seeded(7)], ids=["system", "seeded"])
def test_noise_is_normal(draw):
    drawn = draw(200_000)
    assert stats.kstest(drawn, "norm").pvalue > 1e-6
    assert abs(np.corrcoef(drawn[1:], drawn[:-1])[0, 1]) < 0.02


def test_noise_of_the_system_is_never_the_same_and_seeded_noise_is():
    assert not np.array_equal(from_system(8), from_system(8))
    assert np.array_equal(seeded(3)(8), seeded(3)(8))
