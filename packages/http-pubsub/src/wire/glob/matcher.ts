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

/**
 * Whether the steps, all of them, take the whole text. Follows all ways at once, so that the time is bounded by the
 * length of the text times that of the pattern, whatever they are.
 */
export function createMatcher(steps: readonly Step[]): (text: string) => boolean {
  // `inside`: within the characters of a `segments` step, before its slash.
  const end = steps.length;

  function enter(ways: Ways, place: number): void {
    for (let at = place; !ways.before[at]; at += 1) {
      ways.before[at] = true;
      if (at === end || steps[at]?.kind === 'one') return;
    }
  }

  return (text) => {
    let ways = none(end);
    enter(ways, 0);
    for (const character of text) {
      const next = none(end);
      steps.forEach((step, place) => {
        const inside = ways.inside[place] === true;
        if (inside && character === '/') enter(next, place + 1);
        if (inside) next.inside[place] = true;
        if (!ways.before[place]) return;
        if (step.kind === 'segments') next.inside[place] = true;
        else if (step.test(character)) enter(next, step.kind === 'one' ? place + 1 : place);
      });
      ways = next;
    }
    return ways.before[end] === true;
  };
}

interface Ways {
  readonly before: boolean[];
  readonly inside: boolean[];
}

function none(end: number): Ways {
  return { before: new Array<boolean>(end + 1).fill(false), inside: new Array<boolean>(end + 1).fill(false) };
}
