export type { PubSubCounters } from './salesforce/pubsub/counters.ts';
export type { PubSubCall } from './salesforce/pubsub/fault-plan.ts';
export type {
  ManagedSubscription,
  ManagedSubscriptionOptions,
} from './salesforce/pubsub/managed-subscriptions.ts';
export type { PubSubEmulatorOptions } from './salesforce/pubsub/options.ts';
export type { PubSubEmulator } from './salesforce/pubsub/pub-sub-emulator.ts';
export { pubSubEmulator } from './salesforce/pubsub/pub-sub-emulator.ts';
export type { Refusal } from './salesforce/pubsub/refusal.ts';
export { refusals } from './salesforce/pubsub/refusal.ts';
export type { ServerCertificate } from './salesforce/pubsub/self-signed.ts';
export { selfSigned } from './salesforce/pubsub/self-signed.ts';
