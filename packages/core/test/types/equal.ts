/** Assignable both ways, and not `any`, which is so with everything. */
type Equal<A, B> = 0 extends 1 & A ? false : [A, B] extends [B, A] ? true : false;

/** Compiles when the value is of this type, not a wider or a narrower one: `exactly<number>()(total)`. */
export function exactly<Expected>() {
  return <Actual>(_value: Actual, ..._same: Equal<Actual, Expected> extends true ? [] : [never]): void => {};
}
