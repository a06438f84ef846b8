import { exactly } from './equal.ts';

declare const anything: ReturnType<typeof JSON.parse>;
declare const unknown: unknown;

exactly<number>()(Number('1'));
exactly<unknown>()(unknown);
// @ts-expect-error another type
exactly<string>()(Number('1'));
// @ts-expect-error a narrower type
exactly<number | string>()(Number('1'));
// @ts-expect-error a wider type
exactly<number>()(unknown);
// @ts-expect-error any is not the same as anything
exactly<number>()(anything);
