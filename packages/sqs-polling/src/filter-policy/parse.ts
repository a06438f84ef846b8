import { isObject, readJson } from '../json.ts';
import { invalidPolicy } from './invalid.ts';
import { parseCondition } from './parse-condition.ts';
import type { Constraint, FilterPolicy, FilterPolicyScope, ParsedPolicy } from './policy.ts';

type Branches = readonly (readonly Constraint[])[];

const everything: Branches = [[]];

/** Field names that keep SNS from reading `$or` as an alternative. */
const reserved = new Set([
  'prefix',
  'suffix',
  'wildcard',
  'equals-ignore-case',
  'cidr',
  'exists',
  'numeric',
  'anything-but',
]);

/** Reads a filter policy, as an object or as the JSON that SNS answers. Throws SQS_FILTER_POLICY_INVALID. */
export function parseFilterPolicy(
  policy: FilterPolicy | string | undefined,
  scope: FilterPolicyScope = 'MessageAttributes',
): ParsedPolicy {
  const value: unknown = typeof policy === 'string' && policy !== '' ? readJson(policy) : policy || {};
  if (!isObject(value)) throw invalidPolicy('it is not a JSON object');
  return { scope, branches: branchesOf(value, scope, '', everything) };
}

function branchesOf(
  policy: Record<string, unknown>,
  scope: FilterPolicyScope,
  parent: string,
  before: Branches,
): Branches {
  let branches = before;
  for (const [key, value] of Object.entries(policy)) {
    // SNS makes no difference between {"a":{"b":…}} and {"a.b":…}.
    const path = parent === '' ? key : `${parent}.${key}`;
    if (isObject(value)) {
      if (scope === 'MessageAttributes')
        throw invalidPolicy(`"${path}" is nested, and attributes do not nest`);
      branches = branchesOf(value, scope, path, branches);
    } else if (isAlternatives(key, value)) {
      const sofar = branches;
      branches = value.flatMap((alternative) => branchesOf(alternative, scope, parent, sofar));
    } else if (Array.isArray(value) && value.length > 0) {
      const constraint = { path, anyOf: value.map((condition) => parseCondition(condition, path)) };
      branches = branches.map((branch) => [...branch, constraint]);
    } else {
      throw invalidPolicy(`"${path}" has no list of values`);
    }
  }
  return branches;
}

/** SNS reads `$or` as an ordinary key unless it holds two or more objects without reserved names. */
function isAlternatives(key: string, value: unknown): value is readonly Record<string, unknown>[] {
  return (
    key === '$or' &&
    Array.isArray(value) &&
    value.length > 1 &&
    value.every((item) => isObject(item) && !Object.keys(item).some((name) => reserved.has(name)))
  );
}
