/** The value below which a share of the samples lies, from 0 to 1, interpolated. */
export function quantile(samples: readonly number[], share: number): number {
  const sorted = [...samples].sort((a, b) => a - b);
  const place = (sorted.length - 1) * share;
  const below = sorted[Math.floor(place)] ?? NaN;
  const above = sorted[Math.ceil(place)] ?? NaN;
  return below + (above - below) * (place - Math.floor(place));
}

export function median(samples: readonly number[]): number {
  return quantile(samples, 0.5);
}

const resamplings = 2_000;

/**
 * The 95 % interval of the ratio of two medians, by bootstrap. Rounds are drawn, not single samples: a round in which
 * the machine was slow for both stays a pair.
 */
export function ratioInterval(
  numerator: readonly number[],
  denominator: readonly number[],
  random: () => number,
): readonly [number, number] {
  const ratios = Array.from({ length: resamplings }, () => {
    const rounds = numerator.map(() => Math.floor(random() * numerator.length));
    const drawn = (samples: readonly number[]) => median(rounds.map((round) => samples[round] ?? NaN));
    return drawn(numerator) / drawn(denominator);
  });
  return [quantile(ratios, 0.025), quantile(ratios, 0.975)];
}

/** The same numbers for the same seed: mulberry32. */
export function seededRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d_2b_79_f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
