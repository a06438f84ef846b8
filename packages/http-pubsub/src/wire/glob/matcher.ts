/** One step of a pattern. Characters are code points. */
export type Step =
  | { readonly kind: 'one'; readonly test: CharacterTest }
  /** As many as there are, none too. */
  | { readonly kind: 'many'; readonly test: CharacterTest }
  /** One or more characters, whatever they are, and a slash; or nothing. */
  | { readonly kind: 'segments' };

export type CharacterTest = (character: string) => boolean;

export const anything: CharacterTest = () => true;
export const inSegment: CharacterTest = (character) => character !== '/';

export function exactly(character: string): CharacterTest {
  return (other) => other === character;
}

/** Characters whose places in a pattern are remembered from text to text. */
const mostKnown = 128;

/**
 * Whether the steps, all of them, take the whole text. Follows all ways at once, as bits of the steps that may come next, 32 at
 * a time: the time is bounded by the length of the text times a 32nd of that of the pattern, whatever they are.
 */
export function createMatcher(steps: readonly Step[]): (text: string) => boolean {
  const end = steps.length;
  const words = (end >>> 5) + 1;
  const places = (holds: (step: Step) => boolean): Uint32Array => {
    const bits = new Uint32Array(words);
    steps.forEach((step, place) => {
      if (holds(step)) set(bits, place);
    });
    return bits;
  };
  /** Steps that need not take anything. */
  const skippable = places(({ kind }) => kind !== 'one');
  const segments = places(({ kind }) => kind === 'segments');
  const known = new Map<string, Taking>();

  function takingOf(character: string): Taking {
    const before = known.get(character);
    if (before) return before;
    const taking = {
      one: places((step) => step.kind === 'one' && step.test(character)),
      many: places((step) => step.kind === 'many' && step.test(character)),
    };
    if (known.size < mostKnown) known.set(character, taking);
    return taking;
  }

  /** Adds the steps that follow those which take nothing. */
  function skip(ways: Uint32Array): void {
    for (let changed = true; changed;) {
      changed = false;
      let carry = 0;
      for (let word = 0; word < words; word += 1) {
        const before = at(ways, word);
        const skipped = before & at(skippable, word);
        ways[word] = before | (skipped << 1) | carry;
        carry = skipped >>> 31;
        if (at(ways, word) !== before >>> 0) changed = true;
      }
    }
  }

  return (text) => {
    let ways = new Uint32Array(words);
    let next = new Uint32Array(words);
    /** Within the characters of a `segments` step, before its slash. */
    const inside = new Uint32Array(words);
    set(ways, 0);
    skip(ways);
    for (const character of text) {
      const { one, many } = takingOf(character);
      const isSlash = character === '/';
      let carry = 0;
      for (let word = 0; word < words; word += 1) {
        const before = at(ways, word);
        const done = (before & at(one, word)) | (isSlash ? at(inside, word) : 0);
        next[word] = (done << 1) | carry | (before & at(many, word));
        carry = done >>> 31;
        inside[word] = at(inside, word) | (before & at(segments, word));
      }
      skip(next);
      [ways, next] = [next, ways];
    }
    return ((at(ways, end >>> 5) >>> (end & 31)) & 1) === 1;
  };
}

/** Which steps take a character. */
interface Taking {
  readonly one: Uint32Array;
  readonly many: Uint32Array;
}

function at(bits: Uint32Array, word: number): number {
  return bits[word] ?? 0;
}

function set(bits: Uint32Array, place: number): void {
  bits[place >>> 5] = at(bits, place >>> 5) | (1 << (place & 31));
}
