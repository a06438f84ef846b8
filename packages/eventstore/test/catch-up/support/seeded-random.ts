/** Repeatable: 32 bits of a linear congruence (Numerical Recipes). */
export function seededRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

/** Of `MILLRACE_SEED`, several with commas between them. They decide what the test does; how the machine takes it, nobody can say. */
export function seedsOr(defaults: string): readonly number[] {
  return (process.env['MILLRACE_SEED'] ?? defaults).split(',').map(Number);
}
