/** Characters of an answer that are read; the answers that are asked for here are far shorter. */
const most = 16_777_216;

/** The body as text, as far as it makes sense to read it: what is longer is cut, and then is no JSON. */
export async function readText({ body }: Response): Promise<string> {
  if (!body) return '';
  const decoder = new TextDecoder();
  let text = '';
  for await (const chunk of body) {
    text += decoder.decode(chunk as Uint8Array, { stream: true });
    // Ends the loop, and with it the download.
    if (text.length > most) break;
  }
  return text + decoder.decode();
}
