import { describeBranch, describeCondition, describeConstraint } from './canonical.ts';
import { anyText, glob } from './glob.ts';
import { globOf } from './matches.ts';
import type { Condition, Constraint, ParsedPolicy } from './policy.ts';
import type { TextSet } from './text-set.ts';
import { findMember, nothing } from './text-set.ts';

/** What the handlers of a queue take. */
export interface Wanted {
  readonly patterns: readonly string[];
  readonly takesAll: boolean;
}

/** What a policy and the handlers have to do with each other. */
export interface Delivery {
  /** Patterns with handlers, of which the policy keeps back some types; `example` is one that never arrives. */
  readonly undelivered: readonly Gap[];
  /** Patterns of which some types arrive only when other keys match as well. */
  readonly conditional: readonly Gap[];
  /** What the policy lets through and no handler takes, in words. */
  readonly unhandled: readonly Gap[];
  /** Patterns that are too intricate to tell. */
  readonly undecided: readonly string[];
}

export interface Gap {
  readonly what: string;
  readonly example: string;
}

/** Compares by meaning: a deployed `{"prefix": "Order"}` covers a handler of `OrderPlaced.shop`. */
export function compareDelivery(policy: ParsedPolicy, attribute: string, wanted: Wanted): Delivery {
  const typesByBranch = policy.branches.map((branch) => ({
    branch,
    types: typesOfBranch(branch, attribute),
  }));
  const all: TextSet = { anyOf: typesByBranch.map(({ types }) => types) };
  const unconditional: TextSet = {
    anyOf: typesByBranch
      .filter(({ branch }) => branch.every(({ path }) => path === attribute))
      .map(({ types }) => types),
  };
  const handled: TextSet = wanted.takesAll
    ? { glob: anyText }
    : { anyOf: wanted.patterns.map((pattern) => ({ glob: glob(pattern) })) };
  const delivery = {
    undelivered: [] as Gap[],
    conditional: [] as Gap[],
    unhandled: [] as Gap[],
    undecided: [] as string[],
  };

  function look(what: string, set: TextSet, beyond: TextSet, gaps: Gap[]): boolean {
    const member = findMember({ allOf: [set, { not: beyond }] });
    if (member === 'undecided') delivery.undecided.push(what);
    else if (member) gaps.push({ what, example: member.text });
    return member !== undefined;
  }

  for (const pattern of wanted.patterns) {
    const types: TextSet = { glob: glob(pattern) };
    if (look(pattern, types, all, delivery.undelivered)) continue;
    look(pattern, types, unconditional, delivery.conditional);
  }
  for (const { branch } of typesByBranch) {
    const named = branch.filter(({ path }) => path === attribute);
    if (named.length === 0) look(describeBranch(branch), { glob: anyText }, handled, delivery.unhandled);
    for (const condition of named.flatMap(({ anyOf }) => anyOf)) {
      look(`${attribute} ${describeCondition(condition)}`, typesOf(condition), handled, delivery.unhandled);
    }
  }
  return delivery;
}

/** The other keys that a policy filters by, in words. */
export function furtherConstraints(policy: ParsedPolicy, attribute: string): readonly string[] {
  const others = policy.branches.flat().filter(({ path }) => path !== attribute);
  return [...new Set(others.map(describeConstraint))];
}

/**
 * Types and patterns that the policy lets through. Undefined when patterns can't say it: no filter by the attribute,
 * or one by exclusion.
 */
export function patternsOf(policy: ParsedPolicy, attribute: string): readonly string[] | undefined {
  const patterns = new Set<string>();
  for (const branch of policy.branches) {
    const [constraint, ...more] = branch.filter(({ path }) => path === attribute);
    if (!constraint || more.length > 0) return undefined;
    for (const condition of constraint.anyOf) {
      const pattern = patternOf(condition);
      if (pattern === undefined) return undefined;
      if (pattern !== '') patterns.add(pattern);
    }
  }
  return [...patterns].sort();
}

function patternOf(condition: Condition): string | undefined {
  if (condition.operator === 'exists') return condition.value ? undefined : '';
  if (condition.operator === 'wildcard') return condition.value.includes('\\') ? undefined : condition.value;
  if (!('value' in condition) || typeof condition.value !== 'string' || condition.value.includes('*'))
    return undefined;
  if (condition.operator === 'equals') return condition.value;
  if (condition.operator === 'prefix') return `${condition.value}*`;
  return condition.operator === 'suffix' ? `*${condition.value}` : undefined;
}

function typesOfBranch(branch: readonly Constraint[], attribute: string): TextSet {
  const named = branch.filter(({ path }) => path === attribute);
  if (named.length === 0) return { glob: anyText };
  return { allOf: named.map(({ anyOf }) => ({ anyOf: anyOf.map(typesOf) })) };
}

/** The event types that fit a condition. Types are text: a number fits none, and neither does an address. */
function typesOf(condition: Condition): TextSet {
  switch (condition.operator) {
    case 'anything-but':
      return { not: { anyOf: condition.excluded.map(typesOf) } };
    case 'exists':
      return condition.value ? { glob: anyText } : nothing;
    case 'numeric':
    case 'cidr':
      return nothing;
    case 'equals':
      return typeof condition.value === 'string' ? { glob: globOf('equals', condition.value) } : nothing;
    default:
      return { glob: globOf(condition.operator, condition.value) };
  }
}
