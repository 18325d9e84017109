import { page } from '../layout.js';
import { Field } from '../parts.js';

export function signInPage(refused?: string) {
  return page({
    title: 'Sign in',
    notice: refused === undefined ? undefined : { tone: 'bad', text: refused },
    children: (
      <form method="post" action="/console/sign-in" class="panel sign-in">
        <p>Sign in with an API key that has the scope operations.</p>
        <Field
          id="key"
          name="key"
          label="API key"
          type="password"
          required
          maxlength={200}
          hint="It starts with hf_."
        />
        <button type="submit" class="primary">
          Sign in
        </button>
      </form>
    ),
  });
}
