import { isObject, readJson } from '../json.ts';
import { caseless, endingWith, exactly, glob, matchesGlob, startingWith } from './glob.ts';
import { inNetwork } from './network.ts';
import type { Condition, FilterPolicyScope, ParsedPolicy, Range, Scalar } from './policy.ts';

/** A message as SNS filters it. */
export interface FilteredMessage {
  readonly body: string;
  readonly attributes: Readonly<Record<string, FilteredAttribute>>;
}

export interface FilteredAttribute {
  readonly DataType: string | undefined;
  readonly StringValue?: string | undefined;
}

/** What the message has under each path. */
type Values = ReadonlyMap<string, readonly Scalar[]>;

/** Whether SNS delivers the message to a subscription with this policy. */
export function matchesFilterPolicy(policy: ParsedPolicy, message: FilteredMessage): boolean {
  const values = policy.scope === 'MessageBody' ? valuesOfBody(message.body) : valuesOf(message.attributes);
  if (!values) return policy.branches.some((branch) => branch.length === 0);
  return policy.branches.some((branch) =>
    branch.every(({ path, anyOf }) =>
      anyOf.some((condition) => holds(condition, values, path, policy.scope)),
    ),
  );
}

function holds(condition: Condition, values: Values, path: string, scope: FilterPolicyScope): boolean {
  const found = values.get(path) ?? [];
  if (condition.operator === 'exists') {
    const exists = found.some((value) => value !== null && value !== '');
    // A message without any attributes does not match "exists": false either.
    return condition.value ? exists : found.length === 0 && values.size > 0;
  }
  const fitting = found.filter((value) => fits(condition, value));
  // Of a String.Array no element may be excluded; of a list in the body one that is not is enough.
  const wantsAll = condition.operator === 'anything-but' && scope === 'MessageAttributes';
  return fitting.length > 0 && (!wantsAll || fitting.length === found.length);
}

function fits(condition: Condition, value: Scalar): boolean {
  switch (condition.operator) {
    case 'equals':
      return value === condition.value;
    case 'anything-but':
      return value !== null && !condition.excluded.some((excluded) => fits(excluded, value));
    case 'numeric':
      return typeof value === 'number' && inRange(condition.range, value);
    case 'cidr':
      return typeof value === 'string' && inNetwork(condition.value, value);
    case 'exists':
      return value !== null && value !== '';
    default:
      return typeof value === 'string' && matchesGlob(globOf(condition.operator, condition.value), value);
  }
}

/** The patterns that the operators on text stand for. */
export function globOf(
  operator: 'prefix' | 'suffix' | 'wildcard' | 'equals-ignore-case' | 'equals',
  text: string,
) {
  switch (operator) {
    case 'prefix':
      return startingWith(text);
    case 'suffix':
      return endingWith(text);
    case 'wildcard':
      return glob(text, true);
    case 'equals-ignore-case':
      return caseless(text);
    default:
      return exactly(text);
  }
}

function inRange({ low, lowIncluded, high, highIncluded }: Range, value: number): boolean {
  return (
    (value > low || (lowIncluded && value === low)) && (value < high || (highIncluded && value === high))
  );
}

/** SNS looks at String, Number and each element of String.Array, and passes over Binary. */
function valuesOf(attributes: FilteredMessage['attributes']): Values {
  const values = new Map<string, readonly Scalar[]>();
  for (const [name, { DataType, StringValue = '' }] of Object.entries(attributes)) {
    if (DataType === 'String') values.set(name, [StringValue]);
    else if (DataType === 'Number') values.set(name, [Number(StringValue)]);
    else if (DataType === 'String.Array') values.set(name, elementsOf(StringValue));
  }
  return values;
}

function elementsOf(text: string): readonly Scalar[] {
  const value = readJson(text);
  return (Array.isArray(value) ? (value as readonly unknown[]) : []).filter(isScalar);
}

/** The leaves of a body by their paths; elements of lists stand side by side under the path of the list. */
function valuesOfBody(body: string): Values | undefined {
  const root = readJson(body);
  if (!isObject(root)) return undefined;
  const values = new Map<string, Scalar[]>();
  const collect = (value: unknown, path: string): void => {
    if (Array.isArray(value)) for (const element of value as readonly unknown[]) collect(element, path);
    else if (isObject(value)) collectMembers(value, path);
    else if (isScalar(value)) values.set(path, [...(values.get(path) ?? []), value]);
  };
  const collectMembers = (object: Record<string, unknown>, parent: string): void => {
    for (const [key, value] of Object.entries(object))
      collect(value, parent === '' ? key : `${parent}.${key}`);
  };
  collectMembers(root, '');
  return values;
}

function isScalar(value: unknown): value is Scalar {
  return value === null || ['string', 'number', 'boolean'].includes(typeof value);
}
