import { createRegistry } from '@millrace/core';
import { describe, expect, test } from 'vitest';
import { filterPolicy } from '../../src/filter-policy/filter-policy.ts';
import { assertFilterPolicyLimits } from '../../src/filter-policy/limits.ts';
import { parseFilterPolicy } from '../../src/filter-policy/parse.ts';
import type { FilterPolicy } from '../../src/filter-policy/policy.ts';

const code = (code: string): unknown => expect.objectContaining({ code });

describe('the policy to deploy', () => {
  test.each<[string, readonly string[], FilterPolicy | undefined]>([
    ['a type', ['OrderPlaced.shop'], { event: ['OrderPlaced.shop'] }],
    ['types in a fixed order, each once', ['B.x', 'A.x', 'B.x'], { event: ['A.x', 'B.x'] }],
    ['a star at the end', ['Order*'], { event: [{ prefix: 'Order' }] }],
    ['a star at the start', ['*.shop'], { event: [{ suffix: '.shop' }] }],
    ['a star inside', ['Order*.shop'], { event: [{ wildcard: 'Order*.shop' }] }],
    ['two stars', ['*Order*'], { event: [{ wildcard: '*Order*' }] }],
    ['everything', ['A.x', '*'], undefined],
  ])('%s', (_why, patterns, expected) => {
    expect(filterPolicy(patterns)).toEqual(expected);
  });

  test('names the attribute that it is told', () => {
    expect(filterPolicy(['A.x'], { attribute: 'iniesta_pass' })).toEqual({ iniesta_pass: ['A.x'] });
  });

  test('takes further keys, also for handlers of everything', () => {
    const also = { tenant: ['acme'] };
    expect(filterPolicy(['A.x'], { also })).toEqual({ event: ['A.x'], tenant: ['acme'] });
    expect(filterPolicy(['*'], { also })).toEqual(also);
  });

  test('is made of handlers, those of one source when it is told', () => {
    const orders = createRegistry()
      .add('A.x', { source: 'orders' }, async () => {})
      .add('B.*', { source: 'invoices' }, async function other() {});
    expect(filterPolicy([orders, 'C.x'])).toEqual({ event: ['A.x', { prefix: 'B.' }, 'C.x'] });
    expect(filterPolicy([orders], { source: 'orders' })).toEqual({ event: ['A.x'] });
    expect(filterPolicy([createRegistry().add(async () => {})])).toBeUndefined();
  });

  test('no handlers make no policy', () => {
    expect(() => filterPolicy([])).toThrow(/no handlers/);
  });

  test.each(['say "A"', 'a\\b', 'a\\*'])('%s can not be expressed', (type) => {
    expect(() => filterPolicy([type])).toThrow(code('SQS_FILTER_POLICY_INVALID'));
  });
});

describe('limits', () => {
  const types = (count: number) => Array.from({ length: count }, (_, index) => `T${index}`);

  test('150 types are taken, 151 are not', () => {
    expect(filterPolicy(types(150))).toBeDefined();
    expect(() => filterPolicy(types(151))).toThrow(code('SQS_FILTER_POLICY_LIMIT'));
    expect(() => filterPolicy(types(151))).toThrow(
      /151 combinations of values; SNS takes 150 .* pattern such as "Order\*"/,
    );
  });

  test('values of several keys multiply', () => {
    expect(filterPolicy(types(50), { also: { tenant: ['a', 'b', 'c'] } })).toBeDefined();
    expect(() => filterPolicy(types(51), { also: { tenant: ['a', 'b', 'c'] } })).toThrow(/153 combinations/);
  });

  test('five keys are taken, six are not', () => {
    const keys = (count: number) => Object.fromEntries(types(count).map((key) => [key, ['x']]));
    expect(filterPolicy(['A'], { also: keys(4) })).toBeDefined();
    expect(() => filterPolicy(['A'], { also: keys(5) })).toThrow(/6 keys; SNS takes 5/);
  });

  test('256 KiB are taken, a byte more is not', () => {
    const ofBytes = (bytes: number) => ({ event: ['x'.repeat(bytes - '{"event":[""]}'.length)] });
    expect(() => assertFilterPolicyLimits(ofBytes(256 * 1024))).not.toThrow();
    expect(() => assertFilterPolicyLimits(ofBytes(256 * 1024 + 1))).toThrow(/262145 bytes/);
    expect(() => assertFilterPolicyLimits({ event: ['ü'.repeat(128 * 1024)] })).toThrow(/262158 bytes/);
  });

  test('three stars in a pattern are taken, four are not', () => {
    expect(filterPolicy(['a*b*c*d'])).toBeDefined();
    expect(() => filterPolicy(['a*b*c*d*e'])).toThrow(/4 "\*" in one pattern/);
  });

  test('wildcards cost points: ten simple ones are taken, eleven are not', () => {
    const patterns = (count: number) => types(count).map((type) => `${type}*.shop`);
    expect(filterPolicy(patterns(10))).toBeDefined();
    expect(() => filterPolicy(patterns(11))).toThrow(/121 points of wildcard complexity/);
    // Two stars: 6 points each, times the number of patterns.
    expect(filterPolicy(patterns(4).map((pattern) => `*${pattern}`))).toBeDefined();
    expect(() => filterPolicy(patterns(5).map((pattern) => `*${pattern}`))).toThrow(/150 points/);
  });

  // The example on https://docs.aws.amazon.com/sns/latest/dg/subscription-filter-policy-constraints.html
  test('nesting in bodies counts for each level', () => {
    const nested = (count: number) => ({
      a: { b: { c: types(count) } },
      d: { e: types(3) },
    });
    expect(() => assertFilterPolicyLimits(nested(8), 'MessageBody')).not.toThrow();
    expect(() => assertFilterPolicyLimits(nested(9), 'MessageBody')).toThrow(/162 combinations/);
  });
});

describe('policies that can not be read', () => {
  test.each<[string, string]>([
    ['[]', 'not a JSON object'],
    ['{"event":', 'not a JSON object'],
    ['{"event":"A"}', '"event" has no list'],
    ['{"event":[]}', '"event" has no list'],
    ['{"detail":{"type":["A"]}}', '"detail" is nested'],
    ['{"event":[["A"]]}', 'no condition'],
    // One alternative is none: SNS takes "$or" for the name of an attribute then.
    ['{"$or":[{"event":["A"]}]}', '"$or" has the condition'],
    ['{"event":[{"prefix":"A","suffix":"B"}]}', 'no condition'],
    ['{"event":[{"prefix":5}]}', '{"prefix":5}'],
    ['{"event":[{"regex":"A"}]}', '{"regex":"A"}'],
    ['{"event":[{"exists":"yes"}]}', '{"exists":"yes"}'],
    ['{"event":[{"numeric":[]}]}', 'no list of operators'],
    ['{"event":[{"numeric":[">",0,"<"]}]}', 'no list of operators'],
    ['{"event":[{"numeric":["!=",0]}]}', 'operator "!="'],
    ['{"event":[{"anything-but":[]}]}', 'without values'],
    ['{"event":[{"anything-but":{"regex":"A"}}]}', '{"regex":"A"}'],
  ])('%s', (policy, reason) => {
    expect(() => parseFilterPolicy(policy)).toThrow(code('SQS_FILTER_POLICY_INVALID'));
    expect(() => parseFilterPolicy(policy)).toThrow(reason);
  });
});
