/** A topic as its ARN says: where it is, and so who may sign for it. */
export interface Topic {
  readonly arn: string;
  readonly region: string;
  /** The host that SNS has there. */
  readonly host: string;
}

const pattern =
  /^arn:(aws|aws-cn|aws-us-gov):sns:([a-z]{2}(?:-[a-z]+){1,2}-\d):\d{12}:[A-Za-z0-9_-]{1,256}(?:\.fifo)?$/;

/** Undefined: it is none. */
export function parseTopic(arn: string): Topic | undefined {
  const [, partition, region] = pattern.exec(arn) ?? [];
  if (region === undefined) return undefined;
  const domain = partition === 'aws-cn' ? 'amazonaws.com.cn' : 'amazonaws.com';
  return { arn, region, host: `sns.${region}.${domain}` };
}

/**
 * Where a certificate may come from: SNS itself, in the topic's region. Anything else is a certificate of whoever wrote
 * the request. https://docs.aws.amazon.com/sns/latest/dg/sns-verify-signature-of-message.html
 */
export function certificateUrl(text: string, { host }: Topic): URL | undefined {
  const url = ownUrl(text, host);
  const isCertificate = url && /^\/SimpleNotificationService-[A-Za-z0-9]{1,64}\.pem$/.test(url.pathname);
  return isCertificate && url.search === '' ? url : undefined;
}

/** The URL that confirms the subscription to this topic, and no other request, nowhere else. */
export function subscribeUrl(text: string, { host, arn }: Topic): URL | undefined {
  const url = ownUrl(text, host);
  if (url === undefined || url.pathname !== '/') return undefined;
  const { searchParams } = url;
  const only = (name: string) => {
    const values = searchParams.getAll(name);
    return values.length === 1 ? values[0] : undefined;
  };
  return only('Action') === 'ConfirmSubscription' && only('TopicArn') === arn && only('Token')
    ? url
    : undefined;
}

function ownUrl(text: string, host: string): URL | undefined {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol !== 'https:' || url.host !== host || url.hash !== '') return undefined;
  return url.username === '' && url.password === '' ? url : undefined;
}
