/** A value in a filter policy: matches one attribute or body property. */
export type FilterCondition =
  | string
  | number
  | boolean
  | null
  | { readonly prefix: string }
  | { readonly suffix: string }
  | { readonly wildcard: string }
  | { readonly 'equals-ignore-case': string }
  | { readonly cidr: string }
  | { readonly exists: boolean }
  | { readonly numeric: readonly (string | number)[] }
  | { readonly 'anything-but': Excluded };

type Excluded =
  | string
  | number
  | readonly (string | number)[]
  | { readonly prefix: string | readonly string[] }
  | { readonly suffix: string | readonly string[] }
  | { readonly wildcard: string | readonly string[] }
  | { readonly 'equals-ignore-case': string | readonly string[] };

/**
 * The FilterPolicy of an SNS subscription, as JSON to deploy. All keys must match; of a key's list one value is
 * enough. Objects nest only where the policy looks at the body, and `$or` holds two or more alternatives.
 * https://docs.aws.amazon.com/sns/latest/dg/sns-subscription-filter-policies.html
 */
export interface FilterPolicy {
  readonly [key: string]: readonly FilterCondition[] | readonly FilterPolicy[] | FilterPolicy;
}

/** What a filter policy looks at. SNS's default is `MessageAttributes`. */
export type FilterPolicyScope = 'MessageAttributes' | 'MessageBody';

export type Scalar = string | number | boolean | null;

/** One condition, read. */
export type Condition =
  | { readonly operator: 'equals'; readonly value: Scalar }
  | { readonly operator: TextOperator; readonly value: string }
  | { readonly operator: 'numeric'; readonly range: Range }
  | { readonly operator: 'exists'; readonly value: boolean }
  | { readonly operator: 'anything-but'; readonly excluded: readonly Condition[] };

export type TextOperator = 'prefix' | 'suffix' | 'wildcard' | 'equals-ignore-case' | 'cidr';

export interface Range {
  readonly low: number;
  readonly lowIncluded: boolean;
  readonly high: number;
  readonly highIncluded: boolean;
}

/** One attribute, or one property of the body by its path with dots, and the values it may have. */
export interface Constraint {
  readonly path: string;
  readonly anyOf: readonly Condition[];
}

/**
 * A policy without nesting and `$or`: at least one branch must hold, and a branch holds when all its constraints do.
 * No policy at all is one branch without constraints.
 */
export interface ParsedPolicy {
  readonly scope: FilterPolicyScope;
  readonly branches: readonly (readonly Constraint[])[];
}
