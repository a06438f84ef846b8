import { MillraceError } from './errors.ts';

const unsupported = /[\s?[\]{}!]|\*\*/;

/** Throws HANDLER_PATTERN unless `pattern` is an event type or a pattern with single `*`. */
export function assertPattern(pattern: string): void {
  if (typeof pattern !== 'string' || pattern === '' || unsupported.test(pattern)) {
    throw new MillraceError(
      'HANDLER_PATTERN',
      `${typeof pattern === 'string' ? JSON.stringify(pattern) : `A ${typeof pattern}`} is neither an event type nor a pattern. A pattern is a type in which each "*" stands for any run of characters, such as "Order*.shop"; white space, "**" and other wildcards are not known.`,
    );
  }
}

export function isPattern(pattern: string): boolean {
  return pattern.includes('*');
}

/** Whether `type` is what `pattern` says; `*` stands for any run of characters, none included. */
export function matchesPattern(pattern: string, type: string): boolean {
  return overlaps(pattern, type, false);
}

/** Whether some event type fits both patterns. */
export function patternsOverlap(one: string, other: string): boolean {
  return overlaps(one, other, true);
}

function overlaps(one: string, other: string, wildOther: boolean): boolean {
  // reachable[j]: the part of `one` read so far can produce the first j characters of `other`.
  let reachable = new Array<boolean>(other.length + 1).fill(false);
  reachable[0] = true;
  if (wildOther) for (let j = 0; j < other.length && other[j] === '*'; j += 1) reachable[j + 1] = true;
  // By code unit: it is what `other` is indexed by, and what makes halves of a surrogate pair equal.
  for (let i = 0; i < one.length; i += 1) {
    const character = one[i];
    const next = new Array<boolean>(other.length + 1).fill(false);
    for (let j = 0; j <= other.length; j += 1) {
      const before = j > 0 ? other[j - 1] : undefined;
      const wild = character === '*' || (wildOther && before === '*');
      if (wild) next[j] = reachable[j] === true || (j > 0 && next[j - 1] === true);
      else next[j] = j > 0 && before === character && reachable[j - 1] === true;
    }
    reachable = next;
  }
  return reachable[other.length] === true;
}
