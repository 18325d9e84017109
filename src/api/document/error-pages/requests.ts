import type { ErrorPage } from './error-page.js';

/** Of requests that are not as HTTP or JSON wants them. */
export const REQUEST_PAGES = {
  'malformed-request': {
    meaning:
      'What came is not HTTP/1.1: a broken request line or header, no `Host` or two, an unclear body length (`Content-Length` twice, or beside `Transfer-Encoding`), or the end came early. It was not looked at further, and the connection was closed. `request_id` is one of ours, and there is no `instance`.',
    action: 'Use an HTTP library, and look at what proxies on the way make of the request.',
    retry: 'changed',
    example: {
      detail: 'The request could not be read: the length of its body is not clear. The connection was closed.',
    },
  },
  'malformed-url': {
    meaning:
      'The URL has characters that must be percent-encoded, or its percent-encoding is not that of UTF-8 text, or it holds a NUL.',
    action: 'Encode each part of the URL with the function of your language, `encodeURIComponent` for one.',
    retry: 'changed',
    example: {
      detail: 'The URL could not be read: its percent-encoding is not that of UTF-8 text. The connection was closed.',
    },
  },
  'malformed-json': {
    meaning: 'The body is not JSON, or not UTF-8. Nothing of it was used.',
    action: 'Send JSON as a serialiser writes it, whole and as UTF-8 without a byte order mark.',
    retry: 'changed',
    example: {
      detail: 'The body could not be read: it ends early or has a syntax error.',
      instance: '/v1/orders',
    },
  },
  'idempotency-key-missing': {
    meaning: 'The request does something that must not be done twice, and nothing says which request it is.',
    action:
      'Send the header `Idempotency-Key`, new for each thing you want done and the same for each time you ask for it; for a checkout, or `order_id` in the body.',
    retry: 'changed',
    example: { detail: 'Send order_id in the body, or the header Idempotency-Key.', instance: '/v1/orders' },
  },
  'idempotency-key-invalid': {
    meaning: 'The header `Idempotency-Key` is empty, too long, or has blanks or characters beyond ASCII.',
    action: 'Send 1 to 255 visible ASCII characters; a UUID will do.',
    retry: 'changed',
    example: {
      detail: 'The Idempotency-Key may have 1 to 255 visible ASCII characters; blanks only in double quotes.',
      instance: '/v1/orders',
    },
  },
  unauthorized: {
    meaning:
      'The request has no API key, or one that is not good: mistyped, unknown, expired or revoked. `detail` says which. Paths that do not exist answer so too.',
    action: 'Send `Authorization: Bearer <API key>`; ask your operator for a new key if this one is not good any more.',
    retry: 'changed',
    example: { detail: 'Send the header Authorization: Bearer <API key>.', instance: '/v1/orders' },
  },
  'insufficient-scope': {
    meaning: 'The API key is good and may not do this. `required_scope` names what it lacks.',
    action: 'Use a key with that scope.',
    retry: 'changed',
    example: {
      detail: 'This API key lacks the scope "operations".',
      instance: '/v1/dead-letters',
      required_scope: 'operations',
    },
  },
  'not-found': {
    meaning: 'There is no such path, or nothing under this id. An id of the wrong form is not told apart.',
    action: 'Check the path and the id. An order can be read as soon as its checkout was answered.',
    retry: 'never',
    example: { detail: 'There is no order order-1001.', instance: '/v1/orders/order-1001' },
  },
  'method-not-allowed': {
    meaning: 'The path exists, and not with this method. The header `Allow` lists the methods that it has.',
    action: 'Use one of them.',
    retry: 'never',
    example: { detail: '/v1/orders answers to POST, GET, HEAD.', instance: '/v1/orders' },
  },
  'method-not-implemented': {
    meaning: 'No resource of this server has this method, or it is none of HTTP. The connection was closed.',
    action: 'Use the methods that are documented, in upper-case letters.',
    retry: 'never',
    example: { detail: 'No resource here has this method. The connection was closed.' },
  },
  'request-timeout': {
    meaning: 'The headers did not arrive within 10 seconds, or the whole request not within 30. Nothing was done.',
    action: 'Send the request in one go. Look for a slow or broken line.',
    retry: 'safe',
    example: { detail: 'The request did not arrive in time. The connection was closed.' },
  },
  'body-too-large': {
    meaning: 'The body has more bytes than `MAX_BODY_BYTES` allows, 64 KiB unless set. Nothing of it was used.',
    action: 'Send less: fewer lines, shorter metadata. The body may not be compressed.',
    retry: 'changed',
    example: { detail: 'The body may have 65536 bytes at most.', instance: '/v1/orders' },
  },
  'uri-too-long': {
    meaning: 'The URL has more than 2,048 characters.',
    action: 'Send a shorter filter, and the cursor exactly as it came.',
    retry: 'changed',
    example: { detail: 'A URL may have 2048 characters at most.', instance: '/v1/orders' },
  },
  'unsupported-media-type': {
    meaning:
      'The body is not declared as JSON, or as JSON in another charset than UTF-8. `Accept-Post` or `Accept-Patch` names the type that is accepted.',
    action: 'Send `Content-Type: application/json`; other parameters than `charset` have no meaning and do no harm.',
    retry: 'changed',
    example: {
      detail: 'Send the header Content-Type: application/json, and the body in UTF-8.',
      instance: '/v1/orders',
    },
  },
  'unsupported-content-encoding': {
    meaning: 'The body is compressed with something other than gzip. `Accept-Encoding` names what is accepted.',
    action:
      'Send the body as it is, or with `Content-Encoding: gzip`. The size limit is that of the body before compression.',
    retry: 'changed',
    example: { detail: 'Send the body as it is, or with Content-Encoding: gzip.', instance: '/v1/orders' },
  },
  'expectation-failed': {
    meaning: 'The header `Expect` asks for something other than `100-continue`. The connection was closed.',
    action: 'Leave the header away.',
    retry: 'changed',
    example: { detail: 'Send no Expect header, or Expect: 100-continue. The connection was closed.' },
  },
  'validation-error': {
    meaning:
      'The request can be read, and some of its fields cannot be taken. `errors` names each with what is wrong: `pointer` is a JSON pointer into the body (RFC 6901), or the name of a header or query parameter.',
    action: 'Correct the fields that are named. Unknown fields are refused too, so that a mistyped one is not lost.',
    retry: 'changed',
    example: {
      detail: 'Some fields are missing or invalid; see errors.',
      instance: '/v1/orders',
      errors: [{ pointer: '/items/0/quantity', detail: 'Too small: expected number to be >=1' }],
    },
  },
  'headers-too-large': {
    meaning: 'The request line and headers have more than 8 KiB together, or there are more than 100 headers.',
    action: 'Send fewer and shorter headers. Look for cookies that do not belong here.',
    retry: 'changed',
    example: { detail: 'The request line and headers are too long. The connection was closed.' },
  },
  'http-version-not-supported': {
    meaning: 'The request is of another version of HTTP; HTTP/2 and later are for a proxy in front of this server.',
    action: 'Speak HTTP/1.1 to this port.',
    retry: 'changed',
    example: { detail: 'Send the request as HTTP/1.1. The connection was closed.' },
  },
} as const satisfies Record<string, ErrorPage>;
