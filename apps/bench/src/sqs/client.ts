import { SQSClient } from '@aws-sdk/client-sqs';

const region = 'us-east-1';

/** All contenders talk to the server through clients made here: same version, same settings. */
export function createClient(endpoint: string): SQSClient {
  return new SQSClient({
    region,
    endpoint,
    credentials: { accessKeyId: 'bench', secretAccessKey: 'bench' },
    requestHandler: { httpAgent: { keepAlive: true, maxSockets: 50 } },
  });
}
