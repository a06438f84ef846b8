export { openPubSub } from './pubsub/open.ts';
