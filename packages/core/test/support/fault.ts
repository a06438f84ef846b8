import { MillraceError } from '../../src/errors.ts';

/** What calls do: `down` rejects with STORE_UNAVAILABLE, `hangs` never answers. */
export type Condition = 'up' | 'down' | 'hangs';

export interface Fault {
  /** Of all calls, or of the calls of these names. */
  condition: Condition;
  only: readonly string[] | undefined;
  onRefused: (() => void) | undefined;
  /** Every call that was answered, in order, with what it was given. */
  readonly calls: { readonly name: string; readonly args: readonly unknown[] }[];
}

/** The port with a switch before it. `journal` gets the names of answered calls, so that the order over several ports shows. */
export function breakable<Port extends object>(
  port: Port,
  journal: string[] = [],
): Port & { readonly fault: Fault } {
  const fault: Fault = { condition: 'up', only: undefined, onRefused: undefined, calls: [] };
  return new Proxy(port as Port & { readonly fault: Fault }, {
    get(target, key) {
      if (key === 'fault') return fault;
      const member: unknown = Reflect.get(target, key);
      if (typeof member !== 'function' || typeof key !== 'string') return member;
      return async (...args: readonly unknown[]): Promise<unknown> => {
        const condition = fault.only?.includes(key) === false ? 'up' : fault.condition;
        if (condition === 'hangs') return await new Promise(() => {});
        if (condition === 'down') fault.onRefused?.();
        if (condition === 'down') throw new MillraceError('STORE_UNAVAILABLE', `${key} was told to fail.`);
        const answer: unknown = await Reflect.apply(member, target, args);
        fault.calls.push({ name: key, args });
        journal.push(key);
        return answer;
      };
    },
  });
}
