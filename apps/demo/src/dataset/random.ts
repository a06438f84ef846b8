/** Numbers that are the same for the same seed, on every machine: integer arithmetic only. */
export interface Random {
  /** From `low` to `high`, both included. */
  between(low: number, high: number): number;
  pick<const T>(choices: readonly [T, ...T[]]): T;
  percent(chance: number): boolean;
  /** Hexadecimal digits. */
  hex(digits: number): string;
}

/** Marsaglia's xorshift of 32 bits with the shifts 13, 17, 5 (Journal of Statistical Software 8/14, 2003). */
export function seededRandom(seed: number): Random {
  let state = seed | 0 || 1;

  function next(): number {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state >>> 0;
  }

  const between = (low: number, high: number): number => low + (next() % (high - low + 1));

  return {
    between,
    pick: (choices) => choices[between(0, choices.length - 1)] ?? choices[0],
    percent: (chance) => between(1, 100) <= chance,
    hex: (digits) => Array.from({ length: digits }, () => between(0, 15).toString(16)).join(''),
  };
}

export function uuid(random: Random): string {
  const variant = random.pick(['8', '9', 'a', 'b']);
  return [
    random.hex(8),
    random.hex(4),
    `4${random.hex(3)}`,
    `${variant}${random.hex(3)}`,
    random.hex(12),
  ].join('-');
}
