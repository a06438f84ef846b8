import { httpPubsubError } from '../errors.ts';

/** Makes a setting of what stands in a file, or throws PUBSUB_OPTIONS that names it. */
export type Reader<T> = (value: unknown, at: string) => T;

type Shape = Readonly<Record<string, Reader<unknown>>>;

type Settings<S extends Shape> = { readonly [Name in keyof S]?: Exclude<ReturnType<S[Name]>, undefined> };

/** An object with these names, any of which may be left out, and no others. */
export function settings<S extends Shape>(shape: S): Reader<Settings<S>> {
  return (value, at) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) throw wrong(at, 'an object');
    const entries = Object.entries(value).map(([name, inner]) => {
      const read = Object.hasOwn(shape, name) ? shape[name] : undefined;
      const path = at === '' ? name : `${at}.${name}`;
      if (read) return [name, read(inner, path)] as const;
      const known = Object.keys(shape).join(', ');
      throw httpPubsubError('PUBSUB_OPTIONS', `"${path}" is no setting. There are: ${known}.`);
    });
    return Object.fromEntries(entries) as Settings<S>;
  };
}

export const text: Reader<string> = (value, at) => {
  if (typeof value === 'string' && value !== '') return value;
  throw wrong(at, 'a text that is not empty');
};

export const flag: Reader<boolean> = (value, at) => {
  if (typeof value === 'boolean') return value;
  throw wrong(at, 'true or false');
};

/** Whether it makes sense is told by what takes it. */
export const number: Reader<number> = (value, at) => {
  if (typeof value === 'number') return value;
  throw wrong(at, 'a number');
};

export function whole(least: number, most: number): Reader<number> {
  return (value, at) => {
    if (typeof value === 'number' && Number.isInteger(value) && value >= least && value <= most) return value;
    throw wrong(at, `a whole number from ${least} to ${most}`);
  };
}

export function one<const T>(...allowed: readonly T[]): Reader<T> {
  return (value, at) => {
    const found = allowed.find((each) => each === value);
    if (found !== undefined) return found;
    throw wrong(at, `one of ${allowed.map((each) => JSON.stringify(each)).join(', ')}`);
  };
}

export function list<T>(item: Reader<T>): Reader<readonly T[]> {
  return (value, at) => {
    if (Array.isArray(value)) return value.map((each: unknown, index) => item(each, `${at}[${index}]`));
    throw wrong(at, 'a list');
  };
}

/** The first for what it is meant for, else the second. */
export function either<A, B>(
  isFirst: (value: unknown) => boolean,
  first: Reader<A>,
  second: Reader<B>,
): Reader<A | B> {
  return (value, at) => (isFirst(value) ? first(value, at) : second(value, at));
}

export function wrong(at: string, expected: string): Error {
  const what = at === '' ? 'The configuration' : `"${at}"`;
  return httpPubsubError('PUBSUB_OPTIONS', `${what} has to be ${expected}.`);
}
