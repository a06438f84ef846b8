/** Numbers from 0 up to 1, the same for the same seed: the generator of Park and Miller. */
export function seededRandom(seed: number): () => number {
  // Seeds are small, and next to each other: the first numbers are to be as far apart as any.
  let state = ((seed * 1_812_433) % 2_147_483_646) + 1;
  return () => {
    state = (state * 48_271) % 2_147_483_647;
    return (state - 1) / 2_147_483_646;
  };
}
