/** How to reach the embedded server, which asks for credentials and believes any. */
export function connection(endpoint: string) {
  return { endpoint, region: 'eu-central-1', credentials: { accessKeyId: 'demo', secretAccessKey: 'demo' } };
}
