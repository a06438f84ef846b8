import type { Header } from './header.ts';

/** A message over a WebSocket: its number, and its headers in the order in which they go without their names. */
export interface Layout<Name extends string, Fields extends FieldList> {
  readonly kind: Name;
  readonly number: number;
  readonly fields: Fields;
  /** Whether bytes follow the headers. */
  readonly payload: boolean;
}

type FieldList = Readonly<Record<string, Header<unknown>>>;

type ValueOf<H> = H extends { decode(bytes: Buffer): infer T } ? T : never;

export type MessageOf<L> =
  L extends Layout<infer Name, infer Fields>
    ? { readonly kind: Name } & { readonly [Field in keyof Fields]: ValueOf<Fields[Field]> } & {
        readonly payload: Uint8Array;
      }
    : never;

export function layout<const Name extends string, const Fields extends FieldList>(
  kind: Name,
  number: number,
  fields: Fields,
  payload = false,
): Layout<Name, Fields> {
  return { kind, number, fields, payload };
}
