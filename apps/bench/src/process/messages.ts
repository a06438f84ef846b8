export interface Question {
  readonly name: string;
  readonly args: readonly unknown[];
}

export type Answer = { readonly value: unknown } | { readonly error: unknown };
