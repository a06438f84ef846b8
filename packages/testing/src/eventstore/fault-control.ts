import type { CallFault } from './faults.ts';
import type { NodeServer } from './node-server.ts';
import type { Refusal } from './refusal.ts';
import type { ServerContext } from './server-context.ts';

/** What can be made to go wrong. */
export interface EventStoreFaults {
  /** The next calls of a method, such as `Streams.Read`, meet the fault; one of them unless told otherwise. */
  next(method: string, fault: CallFault, times?: number): void;
  /** Ends all open connections with a TCP reset. Answers how many there were. */
  killConnections(): number;
  /** The server takes connections and bytes and answers nothing, HTTP/2 pings included, until `thaw`. */
  freeze(): void;
  /** Ends `freeze`; what came in the meantime is answered then. */
  thaw(): Promise<void>;
  /** Ends all open subscriptions with a refusal; without one with OK, as if all had been said. Answers how many there were. */
  endSubscriptions(refusal?: Refusal): number;
  /** Those subscriptions that are open stay so and get nothing any more. Answers how many there were. */
  silenceSubscriptions(): number;
  /** Groups hand out nothing until a consumer joins, and go on to list those they have. Answers how many groups there are. */
  stallGroups(): number;
  /** Waits `milliseconds` before each event that is sent, from now on. */
  slow(milliseconds: number): void;
  /** Sends the next events twice, `count` of them. */
  duplicate(count: number): void;
}

export function faultControl(
  { faults, subscriptions, groups }: ServerContext,
  nodes: readonly NodeServer[],
): EventStoreFaults {
  return {
    next(method, fault, times = 1) {
      faults.planned.push({ method, fault, times });
    },
    killConnections: () => nodes.reduce((count, { network }) => count + network.reset(), 0),
    freeze() {
      for (const { network } of nodes) network.blackHole();
    },
    async thaw() {
      for (const { node, network } of nodes) if (node.alive) await network.heal();
    },
    endSubscriptions(refusal) {
      const open = [...subscriptions];
      for (const subscription of open) subscription.end(refusal);
      return open.length;
    },
    silenceSubscriptions() {
      for (const subscription of subscriptions) subscription.silence();
      return subscriptions.size;
    },
    stallGroups() {
      const all = groups.list();
      for (const { group } of all) group.stall();
      return all.length;
    },
    slow(milliseconds) {
      faults.delay = milliseconds;
    },
    duplicate(count) {
      faults.duplicates = count;
    },
  };
}
