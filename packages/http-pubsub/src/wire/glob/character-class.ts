import type { CharacterTest } from './matcher.ts';

/** What stands between brackets: single characters and ranges. A hyphen at either end is itself. */
export function inClass(content: readonly string[], negated: boolean): CharacterTest {
  const ranges: (readonly [number, number])[] = [];
  for (let place = 0; place < content.length; place += 1) {
    const from = codeOf(content[place]);
    const isRange = content[place + 1] === '-' && place + 2 < content.length;
    const to = isRange ? codeOf(content[place + 2]) : from;
    if (isRange) place += 2;
    if (from <= to) ranges.push([from, to]);
  }
  return (character) => {
    const code = codeOf(character);
    return ranges.some(([from, to]) => from <= code && code <= to) !== negated;
  };
}

function codeOf(character = ''): number {
  return character.codePointAt(0) ?? -1;
}

/** Where the class that opens at `open` ends; -1 where it does not. A bracket right after its begin is itself. */
export function endOfClass(pattern: readonly string[], open: number, negation: string): number {
  const first = pattern[open + 1] === negation ? open + 2 : open + 1;
  return pattern.indexOf(']', first + 1);
}
