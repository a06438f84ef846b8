/** Any run of characters, none included. */
const star = Symbol('star');

type Token = string | typeof star;

/**
 * Text with stars, as a machine that reads one character after another. A state is a bit set: bit `n` stands for
 * "the first `n` tokens fit what was read".
 */
export interface Glob {
  readonly tokens: readonly Token[];
  readonly caseless: boolean;
}

export type GlobState = bigint;

/** `*` stands for any run of characters. With `escapes`, a backslash takes its meaning from a star or a backslash. */
export function glob(pattern: string, escapes = false): Glob {
  const tokens: Token[] = [];
  const characters = [...pattern];
  for (let index = 0; index < characters.length; index += 1) {
    const character = characters[index] ?? '';
    const next = characters[index + 1];
    if (escapes && character === '\\' && (next === '*' || next === '\\')) {
      tokens.push(next);
      index += 1;
    } else tokens.push(character === '*' ? star : character);
  }
  return { tokens, caseless: false };
}

export const exactly = (text: string): Glob => ({ tokens: [...text], caseless: false });

export const caseless = (text: string): Glob => ({ tokens: [...text], caseless: true });

export const startingWith = (text: string): Glob => ({ tokens: [...text, star], caseless: false });

export const endingWith = (text: string): Glob => ({ tokens: [star, ...text], caseless: false });

export const anyText: Glob = { tokens: [star], caseless: false };

export function matchesGlob(pattern: Glob, text: string): boolean {
  let state = start(pattern);
  for (const character of text) state = step(pattern, state, character);
  return accepts(pattern, state);
}

export function start(pattern: Glob): GlobState {
  return skipStars(pattern, 1n);
}

export function step({ tokens, caseless }: Glob, state: GlobState, character: string): GlobState {
  if (state === 0n) return state;
  let next = 0n;
  for (let index = 0; index < tokens.length; index += 1) {
    const here = 1n << BigInt(index);
    if ((state & here) === 0n) continue;
    const token = tokens[index];
    if (token === star) next |= here;
    else if (sameCharacter(token, character, caseless)) next |= here << 1n;
  }
  return skipStars({ tokens, caseless }, next);
}

function sameCharacter(token: string | undefined, character: string, caseless: boolean): boolean {
  return caseless ? token?.toLowerCase() === character.toLowerCase() : token === character;
}

/** A star may stand for nothing, so what reaches it reaches the token after it. */
function skipStars({ tokens }: Glob, state: GlobState): GlobState {
  let reached = state;
  tokens.forEach((token, index) => {
    const here = 1n << BigInt(index);
    if (token === star && (reached & here) !== 0n) reached |= here << 1n;
  });
  return reached;
}

export function accepts({ tokens }: Glob, state: GlobState): boolean {
  return (state & (1n << BigInt(tokens.length))) !== 0n;
}

/** What is certain of all that may follow: it fits, it can't fit, or (undefined) it depends. */
export function outlook({ tokens }: Glob, state: GlobState): boolean | undefined {
  if (state === 0n) return false;
  const atLastStar = tokens.at(-1) === star && (state & (1n << BigInt(tokens.length - 1))) !== 0n;
  return atLastStar ? true : undefined;
}

/** The characters that make a difference in this state. */
export function charactersAfter({ tokens, caseless }: Glob, state: GlobState): readonly string[] {
  if (state === 0n) return [];
  const letters = tokens.filter(
    (token, index): token is string => token !== star && (state & (1n << BigInt(index))) !== 0n,
  );
  return caseless ? letters.flatMap((letter) => [letter.toLowerCase(), letter.toUpperCase()]) : letters;
}
