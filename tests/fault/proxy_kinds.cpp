#include "fault/real_proxy.hpp"

namespace vela::fault {
namespace {

ProxyKind nginx() {
  ProxyKind kind;
  kind.name = "nginx";
  kind.binary = "nginx";
  kind.command_line = "-c @CONFIG@ -p @DIR@ -e @DIR@/error.log";
  kind.frame = R"(daemon off;
master_process off;
pid @DIR@/pid;
error_log @DIR@/error.log;
events {}
http {
  access_log off;
  client_body_temp_path @DIR@/body;
  proxy_temp_path @DIR@/proxy;
  fastcgi_temp_path @DIR@/fastcgi;
  uwsgi_temp_path @DIR@/uwsgi;
  scgi_temp_path @DIR@/scgi;
  @SETTINGS@
  @SITE@
}
)";
  kind.own_address = "listen 80;";
  kind.own_address_here = "listen 127.0.0.1:@PORT@;";
  kind.written.text = R"(server {
  listen 80;
  location / {
    proxy_pass http://127.0.0.1:8080;
  }
})";
  kind.hasty = kind.written;
  kind.hasty.settings =
      "client_body_timeout 2s; client_header_timeout 2s; keepalive_timeout 2s; send_timeout 2s; "
      "proxy_connect_timeout 2s; proxy_read_timeout 2s; proxy_send_timeout 2s;";
  return kind;
}

std::string haproxy_site(const std::string& connect_limit, const std::string& idle_limit) {
  return "defaults\n  mode http\n  timeout connect " + connect_limit + "\n  timeout client " +
         idle_limit + "\n  timeout server " + idle_limit + R"(

frontend logs
  bind :80
  default_backend vela-logs

backend vela-logs
  server logs1 127.0.0.1:8080)";
}

ProxyKind haproxy() {
  ProxyKind kind;
  kind.name = "haproxy";
  kind.binary = "haproxy";
  kind.command_line = "-f @CONFIG@ -db";
  kind.frame = "@SITE@\n";
  kind.own_address = "bind :80";
  kind.own_address_here = "bind 127.0.0.1:@PORT@";
  kind.written.text = haproxy_site("5s", "50s");
  kind.hasty.text = haproxy_site("2s", "2s");
  return kind;
}

ProxyKind varnish() {
  ProxyKind kind;
  kind.name = "varnish";
  kind.binary = "varnishd";
  // Jails need users that are not there.
  kind.command_line = "-j none -F -f @CONFIG@ -n @DIR@/work -s malloc,32m -a 127.0.0.1:@PORT@";
  kind.frame = "vcl 4.1;\n@SITE@\n";
  kind.written.text = R"(backend default {
  .host = "127.0.0.1";
  .port = "8080";
})";
  kind.hasty.text = R"(backend default {
  .host = "127.0.0.1";
  .port = "8080";
  .connect_timeout = 2s;
  .first_byte_timeout = 2s;
  .between_bytes_timeout = 2s;
})";
  kind.hasty.words = " -p timeout_idle=2 -p send_timeout=2 -p idle_send_timeout=2";
  return kind;
}

ProxyKind caddy() {
  ProxyKind kind;
  kind.name = "caddy";
  kind.binary = "caddy";
  kind.command_line = "run --adapter caddyfile --config @CONFIG@";
  kind.frame = "{\n  admin off\n  @SETTINGS@\n}\n@SITE@\n";
  kind.own_address = "logs.example.com {";
  kind.own_address_here = "http://127.0.0.1:@PORT@ {";
  kind.written.text = R"(logs.example.com {
  reverse_proxy 127.0.0.1:8080
})";
  kind.hasty.text = R"(logs.example.com {
  reverse_proxy 127.0.0.1:8080 {
    transport http {
      dial_timeout 2s
      response_header_timeout 2s
      read_timeout 2s
      write_timeout 2s
    }
  }
})";
  kind.hasty.settings = R"(servers {
    timeouts {
      read_body 2s
      read_header 2s
      write 2s
      idle 2s
    }
  })";
  return kind;
}

ProxyKind apache() {
  ProxyKind kind;
  kind.name = "apache";
  kind.binary = "apache2";
  kind.command_line = "-f @CONFIG@ -D FOREGROUND";
  // Modules and the limits on requests are those of Debian with mod_proxy_http.
  kind.frame = R"(ServerName localhost
ServerRoot @DIR@
DefaultRuntimeDir @DIR@
PidFile @DIR@/pid
Mutex file:@DIR@ default
ErrorLog @DIR@/error.log
User nobody
Group #65534
Listen 127.0.0.1:@PORT@
LoadModule mpm_event_module @ROOT@/usr/lib/apache2/modules/mod_mpm_event.so
LoadModule authz_core_module @ROOT@/usr/lib/apache2/modules/mod_authz_core.so
LoadModule env_module @ROOT@/usr/lib/apache2/modules/mod_env.so
LoadModule reqtimeout_module @ROOT@/usr/lib/apache2/modules/mod_reqtimeout.so
LoadModule proxy_module @ROOT@/usr/lib/apache2/modules/mod_proxy.so
LoadModule proxy_http_module @ROOT@/usr/lib/apache2/modules/mod_proxy_http.so
RequestReadTimeout header=20-40,minrate=500 body=10,minrate=500
@SETTINGS@
@SITE@
)";
  kind.own_address = "*:80";
  kind.own_address_here = "*:@PORT@";
  kind.written.text = R"(<VirtualHost *:80>
  ProxyPass "/" "http://127.0.0.1:8080/"
</VirtualHost>)";
  kind.hasty = kind.written;
  kind.hasty.settings = "Timeout 2\nProxyTimeout 2\nKeepAliveTimeout 2";
  return kind;
}

}  // namespace

const std::vector<ProxyKind>& proxy_kinds() {
  static const std::vector<ProxyKind> kinds{nginx(), haproxy(), varnish(), caddy(), apache()};
  return kinds;
}

}  // namespace vela::fault
