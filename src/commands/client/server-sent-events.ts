export interface ServerSentEvent {
  event: string;
  data: string;
}

/** The events of a stream, one by one (HTML Living Standard, section 9.2.6); comments and unknown fields are skipped. */
export async function* readServerSentEvents({ body }: Response): AsyncGenerator<ServerSentEvent> {
  if (body === null) return;
  let text = '';
  for await (const chunk of body.pipeThrough(new TextDecoderStream())) {
    text += chunk;
    const blocks = text.split('\n\n');
    text = blocks.pop() ?? '';
    for (const block of blocks) {
      const fields = block.split('\n').map((line) => /^(event|data): ?(.*)$/.exec(line));
      const data = fields.flatMap((field) => (field?.[1] === 'data' ? [field[2] ?? ''] : []));
      const event = fields.find((field) => field?.[1] === 'event')?.[2] ?? 'message';
      if (data.length > 0) yield { event, data: data.join('\n') };
    }
  }
}
