import type { HandlerContext, Message } from '@millrace/core';
import { handler } from '@millrace/core';
import type {
  ParcelDelivered,
  ParcelHandedOver,
  ParcelPacked,
  ParcelScanned,
  ParcelSentAbroad,
} from '../parcels/events.ts';
import { parcelSchemas as schemas } from '../parcels/events.ts';
import type { Ledger } from './ledger.ts';
import type { ParcelTable } from './parcel-table.ts';
import { lookUpPlace } from './outside-world.ts';

const source = 'parcels';

/** Builds the read model of parcels. The events of one parcel arrive in their order, those of several side by side. */
export class ParcelHandlers {
  readonly #ledger: Ledger;
  readonly #parcels: ParcelTable;

  constructor(ledger: Ledger, parcels: ParcelTable) {
    this.#ledger = ledger;
    this.#parcels = parcels;
  }

  @handler('ParcelPacked', { schema: schemas.ParcelPacked, source })
  async packed(message: Message<ParcelPacked>, context: HandlerContext): Promise<void> {
    const { parcelId, warehouse } = message.data;
    await this.#ledger.record(message, context, async () => ({
      account: 'parcels packed',
      amount: 1,
      unit: warehouse,
      readModel: () => this.#parcels.add(parcelId, warehouse),
    }));
  }

  @handler('ParcelHandedOver', { schema: schemas.ParcelHandedOver, source })
  async handedOver(message: Message<ParcelHandedOver>, context: HandlerContext): Promise<void> {
    const { parcelId, carrier } = message.data;
    await this.#ledger.record(message, context, async () => ({
      account: 'parcels handed over',
      amount: 1,
      unit: carrier,
      readModel: () => this.#parcels.handOver(parcelId),
    }));
  }

  @handler('ParcelSentAbroad', { schema: schemas.ParcelSentAbroad, source })
  async sentAbroad(message: Message<ParcelSentAbroad>, context: HandlerContext): Promise<void> {
    const { to } = message.data;
    await this.#ledger.record(message, context, async () => ({
      account: 'parcels sent abroad',
      amount: 1,
      unit: to,
    }));
  }

  @handler('ParcelScanned', { schema: schemas.ParcelScanned, source })
  async scanned(message: Message<ParcelScanned>, context: HandlerContext): Promise<void> {
    const { parcelId, place } = message.data;
    await this.#ledger.record(message, context, async () => {
      await lookUpPlace(parcelId, context.attempt, context.signal);
      return {
        account: 'scans',
        amount: 1,
        unit: place,
        readModel: () => this.#parcels.scan(parcelId, place),
      };
    });
  }

  @handler('ParcelDelivered', { schema: schemas.ParcelDelivered, source })
  async delivered(message: Message<ParcelDelivered>, context: HandlerContext): Promise<void> {
    const { parcelId, place } = message.data;
    await this.#ledger.record(message, context, async () => ({
      account: 'parcels delivered',
      amount: 1,
      unit: place,
      readModel: () => this.#parcels.deliver(parcelId, place),
    }));
  }
}
