import java.util.List;
import java.util.Map;
import org.opensearch.common.settings.Settings;
import org.opensearch.node.InternalSettingsPreparer;
import org.opensearch.node.Node;
import org.opensearch.transport.Netty4Plugin;

/** OpenSearch's server with one node and its data in a folder: Server FOLDER PORT. Maven Central has its jars, but no distribution. */
public final class Server {
  static final class Single extends Node {
    Single(Settings settings) {
      super(InternalSettingsPreparer.prepareEnvironment(settings, Map.of(), null, () -> "siem"), List.of(Netty4Plugin.class), true);
    }
  }

  public static void main(String[] arguments) throws Exception {
    Settings settings = Settings.builder()
        .put("path.home", arguments[0])
        .put("http.port", arguments[1])
        .put("transport.port", "0")
        .put("network.host", "127.0.0.1")
        .put("discovery.type", "single-node")
        .put("cluster.routing.allocation.disk.threshold_enabled", false)
        .put("transport.type", "netty4")
        .put("http.type", "netty4")
        .build();
    new Single(settings).start();
    Thread.currentThread().join();
  }
}
