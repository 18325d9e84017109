type Place = 'start' | 'bare' | 'quoted' | 'quote' | 'closed';

/** One way to read the quotes of a record (RFC 4180), character by character. */
export interface Reading {
  read(text: string): void;
  /** Ends a line. @returns whether it ends the record too, instead of continuing inside a field */
  endLine(): boolean;
}

/**
 * @param strays what a quote is that neither closes its field nor is written twice: `close` as most programs have it,
 * so that the field goes on without quotes; `literal` as its author may have meant it, so that the field is still open
 */
export function createReading(delimiter: string, strays: 'close' | 'literal'): Reading {
  const stray: Place = strays === 'close' ? 'bare' : 'quoted';
  let place: Place = 'start';

  const next = (char: string): Place => {
    const isBlank = char !== delimiter && (char === ' ' || char === '\t' || char === '\r');
    switch (place) {
      case 'start':
        return char === '"' ? 'quoted' : char === delimiter || isBlank ? 'start' : 'bare';
      case 'bare':
        return char === delimiter ? 'start' : 'bare';
      case 'quoted':
        return char === '"' ? 'quote' : 'quoted';
      case 'quote':
        return char === '"' ? 'quoted' : char === delimiter ? 'start' : isBlank ? 'closed' : stray;
      case 'closed':
        if (char === '"' && strays === 'literal') return 'quote';
        return char === delimiter ? 'start' : isBlank ? 'closed' : stray;
    }
  };

  return {
    read(text) {
      if (!text.includes('"')) {
        // Inside quotes nothing changes, and outside of them only the text after the last delimiter counts.
        if (place === 'quoted') return;
        const last = text.lastIndexOf(delimiter);
        if (last >= 0 && place !== 'quote' && place !== 'closed') {
          place = text.slice(last + 1).trim() === '' ? 'start' : 'bare';
          return;
        }
      }
      for (const char of text) place = next(char);
    },
    endLine() {
      if (place === 'quoted') return false;
      place = 'start';
      return true;
    },
  };
}
