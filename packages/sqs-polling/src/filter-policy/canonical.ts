import type { Condition, Constraint, Range } from './policy.ts';

/** One condition in words; conditions that mean the same have the same words. */
export function describeCondition(condition: Condition): string {
  switch (condition.operator) {
    case 'equals':
      return typeof condition.value === 'number'
        ? describeRange({
            low: condition.value,
            lowIncluded: true,
            high: condition.value,
            highIncluded: true,
          })
        : JSON.stringify(condition.value);
    case 'numeric':
      return describeRange(condition.range);
    case 'exists':
      return condition.value ? 'present' : 'absent';
    case 'anything-but':
      return `anything but ${sorted(condition.excluded.map(describeCondition)).join(', ')}`;
    default:
      return `${condition.operator} ${JSON.stringify(condition.value)}`;
  }
}

function describeRange({ low, lowIncluded, high, highIncluded }: Range): string {
  if (low === high) return `number ${low}`;
  const from = low === -Infinity ? [] : [`${lowIncluded ? '>=' : '>'} ${low}`];
  const to = high === Infinity ? [] : [`${highIncluded ? '<=' : '<'} ${high}`];
  return `number ${[...from, ...to].join(' and ')}`;
}

/** What a key may be, without order or repetition. */
export function conditionsOf({ anyOf }: Constraint): readonly string[] {
  return sorted(anyOf.map(describeCondition));
}

export function describeConstraint(constraint: Constraint): string {
  return `${constraint.path} is ${conditionsOf(constraint).join(' or ')}`;
}

/** All that must hold together, without order or repetition. */
export function describeBranch(branch: readonly Constraint[]): string {
  return branch.length === 0 ? 'everything' : sorted(branch.map(describeConstraint)).join(', and ');
}

function sorted(texts: readonly string[]): readonly string[] {
  return [...new Set(texts)].sort();
}
