import type { Clock } from '@millrace/core';
import type { DeliveryStore, LeasedDelivery, LeasedHint } from '../ports/delivery-store.ts';
import type { MemoryBodies } from './bodies.ts';
import type { Row } from './rows.ts';
import { heldRow } from './rows.ts';

export interface MemoryDeliveriesOptions {
  readonly clock: Clock;
  readonly rows: Map<string, Row>;
  readonly bodies: MemoryBodies;
  /** Deliveries, hints and dead letters together. */
  readonly mostRows: number;
  readonly mostBytes: number;
}

export function memoryDeliveries(options: MemoryDeliveriesOptions): DeliveryStore {
  const { clock, rows, bodies, mostRows, mostBytes } = options;

  function forget(row: Row): void {
    rows.delete(row.id);
    if (row.message) bodies.release(row.message.key);
  }

  const alive = () => [...rows.values()].filter(({ diedAt }) => diedAt === undefined);

  return {
    async put(message, deliveries, { owner, lease }) {
      if (rows.size + deliveries.length > mostRows) return 'full';
      const more = bodies.has(message.key) ? 0 : message.body.length;
      if (bodies.bytes + more > mostBytes) return 'full';
      const held = await bodies.hold(message);
      for (const { id, url, recovery, attempts, failure, delay } of deliveries) {
        if (rows.has(id)) continue;
        bodies.refer(message.key);
        rows.set(id, {
          id,
          url,
          recovery,
          attempts,
          failure,
          topic: held.topic,
          message: held,
          redrives: 0,
          fence: delay === undefined ? 1 : 0,
          due: clock.monotonic() + (delay ?? lease),
          owner: delay === undefined ? owner : undefined,
          diedAt: undefined,
        });
      }
      return 'kept';
    },

    async putHints(hints) {
      for (const { url, recovery, topic, delay } of hints) {
        const id = hintId(recovery, topic);
        const due = clock.monotonic() + delay;
        const row = rows.get(id);
        if (row?.owner !== undefined) {
          Object.assign(row, { due, owner: undefined, fence: row.fence + 1 });
        } else if (!row) {
          rows.set(id, {
            id,
            url,
            recovery,
            topic,
            due,
            message: undefined,
            owner: undefined,
            diedAt: undefined,
            attempts: 0,
            failure: undefined,
            redrives: 0,
            fence: 0,
          });
        }
      }
    },

    async lease({ owner, lease, limit, perUrl }) {
      const now = clock.monotonic();
      const byUrl = new Map<string, number>();
      const leased: (LeasedDelivery | LeasedHint)[] = [];
      for (const row of alive()
        .filter(({ due }) => due <= now)
        .sort((one, other) => one.due - other.due)) {
        if (leased.length === limit) break;
        const count = (byUrl.get(row.url) ?? 0) + 1;
        if (count > perUrl) continue;
        byUrl.set(row.url, count);
        Object.assign(row, { owner, fence: row.fence + 1, due: now + lease });
        leased.push(leasedOf(row, owner));
      }
      return leased;
    },

    async complete(lease) {
      const row = heldRow(rows, lease, clock);
      if (row) forget(row);
      return row !== undefined;
    },

    async reschedule(lease, { delay, attempts, failure }) {
      const row = heldRow(rows, lease, clock);
      if (row) Object.assign(row, { owner: undefined, attempts, failure, due: clock.monotonic() + delay });
      return row !== undefined;
    },

    async bury(lease, { attempts, failure, diedAt }) {
      const row = heldRow(rows, lease, clock);
      if (row) Object.assign(row, { owner: undefined, attempts, failure, diedAt });
      return row !== undefined;
    },

    async nextDue() {
      const all = alive();
      if (all.length === 0) return undefined;
      const next = all.reduce((least, { due }) => Math.min(least, due), Infinity);
      return Math.max(0, next - clock.monotonic());
    },

    async counts() {
      const living = alive();
      const hints = living.filter(({ message }) => message === undefined).length;
      return {
        deliveries: living.length - hints,
        hints,
        deadLetters: rows.size - living.length,
        bytes: bodies.bytes,
      };
    },
  };
}

function leasedOf(row: Row, owner: string): LeasedDelivery | LeasedHint {
  const { id, fence, url, recovery, attempts, topic, message } = row;
  return message
    ? { kind: 'message', id, owner, fence, url, recovery, attempts, message }
    : { kind: 'missed', id, owner, fence, url, recovery: recovery ?? '', attempts, topic };
}

function hintId(recovery: string, topic: Uint8Array): string {
  return `missed ${Buffer.from(topic).toString('base64url')} ${recovery}`;
}
