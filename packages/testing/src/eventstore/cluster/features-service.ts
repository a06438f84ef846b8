import type { ServiceDefinition } from '@grpc/grpc-js';
import type { IServerFeaturesServer } from '@kurrent/kurrentdb-client/generated/kurrentdb/protocols/v1/serverfeatures_grpc_pb.js';
import type { Calls } from '../calls/calls.ts';
import type { ServerContext } from '../server-context.ts';

/** What persistent subscriptions can be made to; without these words clients go by HTTP or refuse. */
const persistentFeatures = ['stream', 'all'];

/** The service `ServerFeatures`: tells clients which methods the given services have. */
export function featuresService(
  { protocol, settings }: ServerContext,
  calls: Calls,
  services: readonly ServiceDefinition[],
): IServerFeaturesServer {
  const { features } = protocol;
  return {
    getSupportedMethods: calls.unary({ name: 'ServerFeatures.GetSupportedMethods', leader: 'never' }, () => {
      const supported = new features.SupportedMethods();
      supported.setEventStoreServerVersion(settings.version);
      for (const { path } of services.flatMap((service) => Object.values(service))) {
        const [, service = '', name = ''] = path.split('/');
        const method = new features.SupportedMethod();
        method.setServiceName(service);
        method.setMethodName(name.toLowerCase());
        if (service.endsWith('.PersistentSubscriptions')) method.setFeaturesList([...persistentFeatures]);
        supported.addMethods(method);
      }
      return supported;
    }),
  };
}
