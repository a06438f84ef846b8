import { isObject } from '../json.ts';
import { invalidPolicy } from './invalid.ts';
import type { Condition, Range, Scalar, TextOperator } from './policy.ts';

const textOperators: readonly string[] = [
  'prefix',
  'suffix',
  'wildcard',
  'equals-ignore-case',
  'cidr',
] satisfies TextOperator[];

/** Reads one value of a key's list; throws SQS_FILTER_POLICY_INVALID for what SNS refuses or we do not know. */
export function parseCondition(condition: unknown, path: string): Condition {
  if (isScalar(condition)) return { operator: 'equals', value: condition };
  const [[operator, value] = [], ...more] = isObject(condition) ? Object.entries(condition) : [];
  if (operator === undefined || more.length > 0)
    throw invalidPolicy(`"${path}" has a value that is no condition`);
  if (isTextOperator(operator) && typeof value === 'string') return { operator, value };
  if (operator === 'exists' && typeof value === 'boolean') return { operator, value };
  if (operator === 'numeric') return { operator, range: parseRange(value, path) };
  if (operator === 'anything-but') return { operator, excluded: parseExcluded(value, path) };
  throw invalidPolicy(`"${path}" has the condition ${JSON.stringify(condition)}, which is not known`);
}

function parseExcluded(value: unknown, path: string): readonly Condition[] {
  // {"anything-but": {"prefix": ["a", "b"]}} is short for several.
  if (isObject(value)) {
    const [[operator, operand] = []] = Object.entries(value);
    const operands: readonly unknown[] = Array.isArray(operand) ? operand : [operand];
    return operands.map((one) => parseCondition({ [String(operator)]: one }, path));
  }
  const values: readonly unknown[] = Array.isArray(value) ? value : [value];
  if (values.length === 0) throw invalidPolicy(`"${path}" has an "anything-but" without values`);
  return values.map((one) => parseCondition(one, path));
}

/** `["=", 5]`, `["<", 5]` or `[">=", 0, "<", 5]`. */
function parseRange(value: unknown, path: string): Range {
  const terms: readonly unknown[] = Array.isArray(value) ? value : [];
  let range: Range = { low: -Infinity, lowIncluded: false, high: Infinity, highIncluded: false };
  for (let index = 0; index < Math.max(terms.length, 1); index += 2) {
    const operator = terms[index];
    const bound = terms[index + 1];
    if (typeof bound !== 'number')
      throw invalidPolicy(`"${path}" has a "numeric" that is no list of operators and numbers`);
    if (operator === '=') range = { low: bound, lowIncluded: true, high: bound, highIncluded: true };
    else if (operator === '>') range = { ...range, low: bound, lowIncluded: false };
    else if (operator === '>=') range = { ...range, low: bound, lowIncluded: true };
    else if (operator === '<') range = { ...range, high: bound, highIncluded: false };
    else if (operator === '<=') range = { ...range, high: bound, highIncluded: true };
    else throw invalidPolicy(`"${path}" has a "numeric" with the operator ${JSON.stringify(operator)}`);
  }
  return range;
}

function isScalar(value: unknown): value is Scalar {
  return value === null || ['string', 'number', 'boolean'].includes(typeof value);
}

function isTextOperator(operator: string): operator is TextOperator {
  return textOperators.includes(operator);
}
