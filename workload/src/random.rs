//! The random choices that everything else is made of.

use rand::RngExt as _;
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution as _, LogNormal, Pareto};

/// One stream of chance: the same seed gives the same choices on every machine.
#[derive(Clone, Debug)]
pub(crate) struct Chance {
    rng: ChaCha8Rng,
}

impl Chance {
    pub(crate) fn new(seed: u64) -> Self {
        Self { rng: rand::SeedableRng::seed_from_u64(seed) }
    }

    /// True with this probability.
    pub(crate) fn is(&mut self, probability: f64) -> bool {
        self.rng.random_bool(probability)
    }

    /// A number below `end`.
    pub(crate) fn below(&mut self, end: usize) -> usize {
        self.rng.random_range(0..end)
    }

    /// One of these.
    pub(crate) fn of<T: Copy>(&mut self, choices: &[T]) -> T {
        choices[self.below(choices.len())]
    }

    /// Log-normal around a median.
    pub(crate) fn around(&mut self, median: f64, sigma: f64) -> f64 {
        let distribution = LogNormal::new(median.ln(), sigma).expect("the parameters are constants in range");
        distribution.sample(&mut self.rng)
    }

    /// 32 hex digits.
    pub(crate) fn id(&mut self) -> String {
        format!("{:032x}", self.rng.random::<u128>())
    }

    /// An organisation: few have many payloads, many have few.
    pub(crate) fn org(&mut self) -> u32 {
        let distribution = Pareto::new(1.0, 0.9).expect("the parameters are constants in range");
        let rank: f64 = distribution.sample(&mut self.rng);
        // Truncated at the number of organisations there are.
        rank.min(40_000.0) as u32
    }
}
