// Consuming.
export type { ChannelOptions, SalesforceOptions, SubscribeRetryOptions } from './options.ts';
export type { PubSubOptions } from './pubsub/settings.ts';
export type { SalesforceSource } from './source.ts';
export { salesforce } from './source.ts';

// Logging in.
export type { SuppliedToken, SupplyContext, SupplyToken } from './auth/access-token.ts';
export { accessToken } from './auth/access-token.ts';
export type { ClientCredentialsOptions } from './auth/client-credentials.ts';
export { clientCredentials } from './auth/client-credentials.ts';
export type { HostOptions } from './auth/host.ts';
export type { JwtBearerOptions } from './auth/jwt-bearer.ts';
export { jwtBearer } from './auth/jwt-bearer.ts';
export type { AuthProvider, AuthSession, LoginContext, Token } from './auth/provider.ts';
export type { RefreshTokenOptions } from './auth/refresh-token.ts';
export { refreshToken } from './auth/refresh-token.ts';
export type { UsernamePasswordOptions } from './auth/username-password.ts';
export { usernamePassword } from './auth/username-password.ts';

// Events.
export type { ChangeEvent, ChangeEventHeader, ChangeType, GapEvent, GapType } from './events/change-event.ts';
export { isGapEvent } from './events/change-event.ts';
export type { DecodedEvent, EventOptions, SalesforceEvent } from './events/options.ts';

// Publishing.
export type { Pushed } from './rest/generic-push.ts';
export type { OutgoingEvent } from './rest/outgoing-event.ts';
export type { Published, PublishManyError, PublishResult } from './rest/publish-results.ts';
export { isPublishManyError } from './rest/publish-results.ts';
export type { PublishOptions, SalesforcePublisher, SalesforcePublisherOptions } from './rest/publisher.ts';
export { salesforcePublisher } from './rest/publisher.ts';

// Watching: `node:diagnostics_channel`, `millrace:salesforce:bayeux`.
export type { BayeuxTrace } from './session/wire.ts';

// Errors.
export type { SalesforceErrorCode } from './errors.ts';
export { salesforceErrorCodes } from './errors.ts';
