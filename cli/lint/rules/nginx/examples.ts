/** Owns the nginx files of the rules' examples. */
import type { Example } from '../../rule';
import { lines } from '../examples';

/** Layer 7: TLS ends here, requests go on. */
export function layer7(location = '', { http = '', server = '', upstream = '' } = {}): Example {
  return {
    'nginx.conf': lines`
events {}
http {
  ${http}
  upstream kong {
    server 10.0.0.1:8000;
    server 10.0.0.2:8000;
    ${upstream}
  }
  server {
    listen 443 ssl;
    ${server}
    location / {
      proxy_pass http://kong;
      ${location}
    }
  }
}
`,
  };
}

/** Layer 4: connections go on. */
export function layer4(server = '', main = ''): Example {
  return {
    'nginx.conf': lines`
${main}
events {}
stream {
  upstream kong {
    server 10.0.0.1:8443;
    server 10.0.0.2:8443;
  }
  server {
    listen 443;
    proxy_pass kong;
    ${server}
  }
}
`,
  };
}
