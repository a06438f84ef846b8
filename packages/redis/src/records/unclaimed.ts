import type { Clock } from '@millrace/core';
import type { Node } from '../connection/node.ts';
import { undoScript } from './scripts.ts';

/**
 * Claims to take back. A node that did not answer may have made the claim all the same, or make it when it wakes up;
 * left there it would keep everybody out, its owner included, until the lease ends.
 */
export interface Unclaimed {
  /** Takes back what `call` claimed at the node: now, or later when the node can't be reached. Never rejects. */
  undo(node: Node, call: string, keys: readonly string[], leaseEnds: number): Promise<void>;
  /** Resolves when what is still to be taken back was, as far as the nodes answer. Undefined: there is nothing. */
  flush(nodes: readonly Node[]): Promise<unknown> | undefined;
}

interface Debt {
  readonly call: string;
  readonly keys: readonly string[];
  /** From then on the claim is void by itself. */
  readonly leaseEnds: number;
}

export function createUnclaimed(clock: Clock): Unclaimed {
  const debts = new Map<Node, Set<Debt>>();

  async function pay(node: Node, debt: Debt): Promise<void> {
    const answers = await node.ask({ script: undoScript, keys: debt.keys, shared: [debt.call] });
    const keys = debt.keys.filter((_, index) => answers[index] instanceof Error);
    if (keys.length > 0 && debt.leaseEnds > clock.monotonic()) {
      const owed = debts.get(node) ?? new Set();
      debts.set(node, owed.add({ ...debt, keys }));
    }
  }

  /** Claims that come while debts are being paid wait for the same payment. */
  const payments = new Map<Node, Promise<unknown>>();

  function payAll(node: Node): Promise<unknown> | undefined {
    const owed = debts.get(node);
    if (owed === undefined || node.client.status !== 'ready') return payments.get(node);
    debts.delete(node);
    const payment = Promise.all([payments.get(node), ...[...owed].map((debt) => pay(node, debt))]).finally(
      () => {
        if (payments.get(node) === payment) payments.delete(node);
      },
    );
    payments.set(node, payment);
    return payment;
  }

  return {
    undo: (node, call, keys, leaseEnds) => pay(node, { call, keys, leaseEnds }),
    flush(nodes) {
      const paying = nodes.flatMap((node) => payAll(node) ?? []);
      return paying.length === 0 ? undefined : Promise.all(paying);
    },
  };
}
