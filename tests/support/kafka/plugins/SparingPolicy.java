import java.util.List;
import java.util.Map;
import org.apache.kafka.common.errors.PolicyViolationException;
import org.apache.kafka.server.policy.CreateTopicPolicy;

/** Refuses topics with any property that the broker's property "sparing.policy.takes" (a list) doesn't name: what services do. */
public class SparingPolicy implements CreateTopicPolicy {
    private List<String> takes;

    @Override
    public void configure(Map<String, ?> configs) {
        takes = List.of(String.valueOf(configs.get("sparing.policy.takes")).split(","));
    }

    @Override
    public void validate(RequestMetadata request) {
        if (request.topic().startsWith("__")) return; // Kafka's own
        for (String name : request.configs().keySet()) {
            if (!takes.contains(name)) throw new PolicyViolationException("The property " + name + " is not supported here");
        }
    }

    @Override
    public void close() {}
}
